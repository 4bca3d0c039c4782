using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DdpmJobs.Migrations.Sqlite.Migrations
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
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "protocol_digest",
                table: "metric_chunk",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "selection",
                table: "artifact",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "metric_protocol",
                columns: table => new
                {
                    digest = table.Column<string>(type: "TEXT", nullable: false),
                    unit = table.Column<string>(type: "TEXT", nullable: false),
                    lower_is_better = table.Column<bool>(type: "INTEGER", nullable: false),
                    protocol = table.Column<string>(type: "TEXT", nullable: false)
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
            migrationBuilder.Sql(QualityViews.Drop);
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
