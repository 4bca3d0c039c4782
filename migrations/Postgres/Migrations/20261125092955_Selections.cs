using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DdpmJobs.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Selections : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "protocol_digest",
                table: "metric_last",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "protocol_digest",
                table: "metric_chunk",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "selection",
                table: "artifact",
                type: "jsonb",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "metric_protocol",
                columns: table => new
                {
                    digest = table.Column<string>(type: "text", nullable: false),
                    unit = table.Column<string>(type: "text", nullable: false),
                    lower_is_better = table.Column<bool>(type: "boolean", nullable: false),
                    protocol = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric_protocol", x => x.digest);
                });

            migrationBuilder.Sql(QualityViews.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(V1Views.Drop);

            migrationBuilder.DropTable(
                name: "metric_protocol");

            migrationBuilder.DropColumn(
                name: "protocol_digest",
                table: "metric_last");

            migrationBuilder.DropColumn(
                name: "protocol_digest",
                table: "metric_chunk");

            migrationBuilder.DropColumn(
                name: "selection",
                table: "artifact");

            migrationBuilder.Sql(V1Views.Create);
        }
    }
}
