using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DdpmJobs.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "artifact_blob",
                columns: table => new
                {
                    sha256 = table.Column<string>(type: "TEXT", nullable: false),
                    bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_artifact_blob", x => x.sha256);
                });

            migrationBuilder.CreateTable(
                name: "metric",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "runner",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    pool = table.Column<string>(type: "TEXT", nullable: false),
                    devices = table.Column<string>(type: "TEXT", nullable: false),
                    slots = table.Column<int>(type: "INTEGER", nullable: false),
                    version = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    state_reason = table.Column<string>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false, defaultValueSql: "strftime('%Y-%m-%d %H:%M:%f', 'now')"),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: false, defaultValueSql: "strftime('%Y-%m-%d %H:%M:%f', 'now')")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runner", x => x.id);
                    table.CheckConstraint("ck_runner_state", "state in ('active', 'tripped', 'stopped')");
                });

            migrationBuilder.CreateTable(
                name: "sweep",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    spec_hash = table.Column<string>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", nullable: false),
                    submitted_by = table.Column<string>(type: "TEXT", nullable: false),
                    submitted_at = table.Column<DateTime>(type: "TEXT", nullable: false, defaultValueSql: "strftime('%Y-%m-%d %H:%M:%f', 'now')"),
                    pool = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sweep", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "run",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sweep_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    index = table.Column<int>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    axes = table.Column<string>(type: "TEXT", nullable: false),
                    spec = table.Column<string>(type: "TEXT", nullable: false),
                    spec_hash = table.Column<string>(type: "TEXT", nullable: false),
                    seed = table.Column<long>(type: "INTEGER", nullable: false),
                    provenance = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run", x => x.id);
                    table.ForeignKey(
                        name: "fk_run_sweep_sweep_id",
                        column: x => x.sweep_id,
                        principalTable: "sweep",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "artifact",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sweep_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    run_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    job_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    fence = table.Column<int>(type: "INTEGER", nullable: true),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", nullable: false),
                    step = table.Column<long>(type: "INTEGER", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    dropped_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_artifact", x => x.id);
                    table.ForeignKey(
                        name: "fk_artifact_run_run_id",
                        column: x => x.run_id,
                        principalTable: "run",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_artifact_sweep_sweep_id",
                        column: x => x.sweep_id,
                        principalTable: "sweep",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "evaluation",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    run_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    job_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    fence = table.Column<int>(type: "INTEGER", nullable: false),
                    metric = table.Column<string>(type: "TEXT", nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: false),
                    standard_error = table.Column<string>(type: "TEXT", nullable: true),
                    unit = table.Column<string>(type: "TEXT", nullable: false),
                    lower_is_better = table.Column<bool>(type: "INTEGER", nullable: false),
                    protocol = table.Column<string>(type: "TEXT", nullable: false),
                    protocol_digest = table.Column<string>(type: "TEXT", nullable: false),
                    parts = table.Column<string>(type: "TEXT", nullable: false),
                    checkpoint_sha256 = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evaluation", x => x.id);
                    table.ForeignKey(
                        name: "fk_evaluation_run_run_id",
                        column: x => x.run_id,
                        principalTable: "run",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "job",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sweep_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    run_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    pool = table.Column<string>(type: "TEXT", nullable: false),
                    priority = table.Column<int>(type: "INTEGER", nullable: false),
                    ordinal = table.Column<int>(type: "INTEGER", nullable: false),
                    fence = table.Column<int>(type: "INTEGER", nullable: false),
                    attempts_counted = table.Column<int>(type: "INTEGER", nullable: false),
                    max_attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    unmet_dependencies = table.Column<int>(type: "INTEGER", nullable: false),
                    available_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state_changed_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    lease_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    runner_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    stop_reason = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    progress_done = table.Column<long>(type: "INTEGER", nullable: false),
                    progress_total = table.Column<long>(type: "INTEGER", nullable: false),
                    progress_unit = table.Column<string>(type: "TEXT", nullable: false),
                    error = table.Column<string>(type: "TEXT", nullable: true),
                    mirror_id = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job", x => x.id);
                    table.CheckConstraint("ck_job_blocked", "state <> 'ready' or unmet_dependencies = 0");
                    table.CheckConstraint("ck_job_counts", "fence >= 0 and attempts_counted >= 0 and unmet_dependencies >= 0 and max_attempts > 0");
                    table.CheckConstraint("ck_job_ended", "(state in ('succeeded', 'failed', 'diverged', 'pruned', 'cancelled', 'skipped')) = (ended_at is not null)");
                    table.CheckConstraint("ck_job_holder", "state not in ('running', 'stopping') or (runner_id is not null and fence > 0)");
                    table.CheckConstraint("ck_job_kind", "kind in ('train', 'evaluate', 'sample')");
                    table.CheckConstraint("ck_job_lease", "(state in ('running', 'stopping')) = (lease_until is not null)");
                    table.CheckConstraint("ck_job_state", "state in ('blocked', 'ready', 'running', 'stopping') or state in ('succeeded', 'failed', 'diverged', 'pruned', 'cancelled', 'skipped')");
                    table.CheckConstraint("ck_job_stopping", "state <> 'stopping' or stop_reason is not null");
                    table.ForeignKey(
                        name: "fk_job_run_run_id",
                        column: x => x.run_id,
                        principalTable: "run",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_job_sweep_sweep_id",
                        column: x => x.sweep_id,
                        principalTable: "sweep",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "metric_chunk",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    metric_id = table.Column<int>(type: "INTEGER", nullable: false),
                    job_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    fence = table.Column<int>(type: "INTEGER", nullable: false),
                    seq = table.Column<int>(type: "INTEGER", nullable: false),
                    first_step = table.Column<long>(type: "INTEGER", nullable: false),
                    last_step = table.Column<long>(type: "INTEGER", nullable: false),
                    steps = table.Column<string>(type: "TEXT", nullable: false),
                    values = table.Column<string>(type: "TEXT", nullable: false),
                    times = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric_chunk", x => new { x.run_id, x.metric_id, x.job_id, x.fence, x.seq });
                    table.ForeignKey(
                        name: "fk_metric_chunk_metric_metric_id",
                        column: x => x.metric_id,
                        principalTable: "metric",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_metric_chunk_run_run_id",
                        column: x => x.run_id,
                        principalTable: "run",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "metric_last",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    metric_id = table.Column<int>(type: "INTEGER", nullable: false),
                    step = table.Column<long>(type: "INTEGER", nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric_last", x => new { x.run_id, x.metric_id });
                    table.ForeignKey(
                        name: "fk_metric_last_metric_metric_id",
                        column: x => x.metric_id,
                        principalTable: "metric",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_metric_last_run_run_id",
                        column: x => x.run_id,
                        principalTable: "run",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "artifact_edge",
                columns: table => new
                {
                    artifact_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    from_id = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_artifact_edge", x => new { x.artifact_id, x.from_id });
                    table.ForeignKey(
                        name: "fk_artifact_edge_artifact_artifact_id",
                        column: x => x.artifact_id,
                        principalTable: "artifact",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_artifact_edge_artifact_from_id",
                        column: x => x.from_id,
                        principalTable: "artifact",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "attempt",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    fence = table.Column<int>(type: "INTEGER", nullable: false),
                    runner_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ending = table.Column<string>(type: "TEXT", nullable: true),
                    resumed_at_step = table.Column<long>(type: "INTEGER", nullable: true),
                    error = table.Column<string>(type: "TEXT", nullable: true),
                    environment = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attempt", x => new { x.job_id, x.fence });
                    table.CheckConstraint("ck_attempt_ended", "(ending is null) = (ended_at is null)");
                    table.ForeignKey(
                        name: "fk_attempt_job_job_id",
                        column: x => x.job_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "job_dependency",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    depends_on_id = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_dependency", x => new { x.job_id, x.depends_on_id });
                    table.ForeignKey(
                        name: "fk_job_dependency_job_depends_on_id",
                        column: x => x.depends_on_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_job_dependency_job_job_id",
                        column: x => x.job_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "job_event",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    job_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    fence = table.Column<int>(type: "INTEGER", nullable: false),
                    from_state = table.Column<string>(type: "TEXT", nullable: true),
                    to_state = table.Column<string>(type: "TEXT", nullable: false),
                    actor = table.Column<string>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_event", x => x.id);
                    table.ForeignKey(
                        name: "fk_job_event_job_job_id",
                        column: x => x.job_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_artifact_run_id_kind_step",
                table: "artifact",
                columns: new[] { "run_id", "kind", "step" });

            migrationBuilder.CreateIndex(
                name: "ix_artifact_sha256",
                table: "artifact",
                column: "sha256");

            migrationBuilder.CreateIndex(
                name: "ix_artifact_sweep_id_kind",
                table: "artifact",
                columns: new[] { "sweep_id", "kind" });

            migrationBuilder.CreateIndex(
                name: "ix_artifact_edge_from_id",
                table: "artifact_edge",
                column: "from_id");

            migrationBuilder.CreateIndex(
                name: "ix_evaluation_job_id_fence_metric",
                table: "evaluation",
                columns: new[] { "job_id", "fence", "metric" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_evaluation_run_id",
                table: "evaluation",
                column: "run_id");

            migrationBuilder.CreateIndex(
                name: "ix_job_lease",
                table: "job",
                column: "lease_until",
                filter: "lease_until is not null");

            migrationBuilder.CreateIndex(
                name: "ix_job_ready",
                table: "job",
                columns: new[] { "pool", "priority", "created_at", "ordinal" },
                filter: "state = 'ready'");

            migrationBuilder.CreateIndex(
                name: "ix_job_run_id_kind",
                table: "job",
                columns: new[] { "run_id", "kind" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_job_sweep_id",
                table: "job",
                column: "sweep_id");

            migrationBuilder.CreateIndex(
                name: "ix_job_dependency_depends_on_id",
                table: "job_dependency",
                column: "depends_on_id");

            migrationBuilder.CreateIndex(
                name: "ix_job_event_job_id",
                table: "job_event",
                column: "job_id");

            migrationBuilder.CreateIndex(
                name: "ix_metric_name",
                table: "metric",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_metric_chunk_metric_id",
                table: "metric_chunk",
                column: "metric_id");

            migrationBuilder.CreateIndex(
                name: "ix_metric_last_metric_id",
                table: "metric_last",
                column: "metric_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_spec_hash",
                table: "run",
                column: "spec_hash");

            migrationBuilder.CreateIndex(
                name: "ix_run_sweep_id_index",
                table: "run",
                columns: new[] { "sweep_id", "index" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_sweep_name",
                table: "sweep",
                column: "name");

            migrationBuilder.CreateIndex(
                name: "ix_sweep_spec_hash",
                table: "sweep",
                column: "spec_hash",
                unique: true);

            migrationBuilder.Sql(V1Views.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(V1Views.Drop);

            migrationBuilder.DropTable(
                name: "artifact_blob");

            migrationBuilder.DropTable(
                name: "artifact_edge");

            migrationBuilder.DropTable(
                name: "attempt");

            migrationBuilder.DropTable(
                name: "evaluation");

            migrationBuilder.DropTable(
                name: "job_dependency");

            migrationBuilder.DropTable(
                name: "job_event");

            migrationBuilder.DropTable(
                name: "metric_chunk");

            migrationBuilder.DropTable(
                name: "metric_last");

            migrationBuilder.DropTable(
                name: "runner");

            migrationBuilder.DropTable(
                name: "artifact");

            migrationBuilder.DropTable(
                name: "job");

            migrationBuilder.DropTable(
                name: "metric");

            migrationBuilder.DropTable(
                name: "run");

            migrationBuilder.DropTable(
                name: "sweep");
        }
    }
}
