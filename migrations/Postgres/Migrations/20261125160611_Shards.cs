using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DdpmJobs.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Shards : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_job_run_id_kind",
                table: "job");

            migrationBuilder.AddColumn<int>(
                name: "shard",
                table: "job",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "warnings",
                table: "evaluation",
                type: "jsonb",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.CreateIndex(
                name: "ix_job_run_id_kind",
                table: "job",
                columns: new[] { "run_id", "kind" },
                unique: true,
                filter: "shard is null");

            migrationBuilder.CreateIndex(
                name: "ix_job_run_id_kind_shard",
                table: "job",
                columns: new[] { "run_id", "kind", "shard" },
                unique: true);

            migrationBuilder.AddCheckConstraint(
                name: "ck_job_shard",
                table: "job",
                sql: "shard is null or (kind = 'evaluate' and shard >= 0)");

            migrationBuilder.Sql(ShardViews.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(V1Views.Drop);

            migrationBuilder.DropIndex(
                name: "ix_job_run_id_kind",
                table: "job");

            migrationBuilder.DropIndex(
                name: "ix_job_run_id_kind_shard",
                table: "job");

            migrationBuilder.DropCheckConstraint(
                name: "ck_job_shard",
                table: "job");

            migrationBuilder.DropColumn(
                name: "shard",
                table: "job");

            migrationBuilder.DropColumn(
                name: "warnings",
                table: "evaluation");

            migrationBuilder.CreateIndex(
                name: "ix_job_run_id_kind",
                table: "job",
                columns: new[] { "run_id", "kind" },
                unique: true);

            migrationBuilder.Sql(V1Views.Create);
            migrationBuilder.Sql(QualityViews.Create);
        }
    }
}
