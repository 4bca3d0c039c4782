using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DdpmJobs.Migrations.Sqlite.Migrations
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

            // The column comes with its check: a check that is added by itself copies the whole table, in several transactions. So does EF Core's way of dropping one.
            migrationBuilder.Sql("alter table job add column shard integer null constraint ck_job_shard check (shard is null or (kind = 'evaluate' and shard >= 0));");

            migrationBuilder.AddColumn<string>(
                name: "warnings",
                table: "evaluation",
                type: "TEXT",
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

            migrationBuilder.Sql(ShardViews.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(QualityViews.Drop);
            migrationBuilder.Sql(V1Views.Drop);

            migrationBuilder.DropIndex(
                name: "ix_job_run_id_kind",
                table: "job");

            migrationBuilder.DropIndex(
                name: "ix_job_run_id_kind_shard",
                table: "job");

            migrationBuilder.Sql("alter table job drop column shard;");
            migrationBuilder.Sql("alter table evaluation drop column warnings;");

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
