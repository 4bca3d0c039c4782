CREATE TABLE IF NOT EXISTS "__EFMigrationsHistory" (
    "migration_id" TEXT NOT NULL CONSTRAINT "pk___ef_migrations_history" PRIMARY KEY,
    "product_version" TEXT NOT NULL
);

BEGIN TRANSACTION;
CREATE TABLE "artifact_blob" (
    "sha256" TEXT NOT NULL CONSTRAINT "pk_artifact_blob" PRIMARY KEY,
    "bytes" INTEGER NOT NULL,
    "created_at" TEXT NOT NULL
);

CREATE TABLE "metric" (
    "id" INTEGER NOT NULL CONSTRAINT "pk_metric" PRIMARY KEY AUTOINCREMENT,
    "name" TEXT NOT NULL
);

CREATE TABLE "runner" (
    "id" TEXT NOT NULL CONSTRAINT "pk_runner" PRIMARY KEY,
    "name" TEXT NOT NULL,
    "pool" TEXT NOT NULL,
    "devices" TEXT NOT NULL,
    "slots" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT NOT NULL,
    "started_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    "seen_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    CONSTRAINT "ck_runner_state" CHECK (state in ('active', 'tripped', 'stopped'))
);

CREATE TABLE "sweep" (
    "id" TEXT NOT NULL CONSTRAINT "pk_sweep" PRIMARY KEY,
    "name" TEXT NOT NULL,
    "spec_hash" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "submitted_by" TEXT NOT NULL,
    "submitted_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    "pool" TEXT NOT NULL
);

CREATE TABLE "run" (
    "id" TEXT NOT NULL CONSTRAINT "pk_run" PRIMARY KEY,
    "sweep_id" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "axes" TEXT NOT NULL,
    "spec" TEXT NOT NULL,
    "spec_hash" TEXT NOT NULL,
    "seed" INTEGER NOT NULL,
    "provenance" TEXT NOT NULL,
    CONSTRAINT "fk_run_sweep_sweep_id" FOREIGN KEY ("sweep_id") REFERENCES "sweep" ("id") ON DELETE CASCADE
);

CREATE TABLE "artifact" (
    "id" TEXT NOT NULL CONSTRAINT "pk_artifact" PRIMARY KEY,
    "sweep_id" TEXT NOT NULL,
    "run_id" TEXT NULL,
    "job_id" TEXT NULL,
    "fence" INTEGER NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "step" INTEGER NULL,
    "created_at" TEXT NOT NULL,
    "dropped_at" TEXT NULL,
    CONSTRAINT "fk_artifact_run_run_id" FOREIGN KEY ("run_id") REFERENCES "run" ("id"),
    CONSTRAINT "fk_artifact_sweep_sweep_id" FOREIGN KEY ("sweep_id") REFERENCES "sweep" ("id") ON DELETE CASCADE
);

CREATE TABLE "evaluation" (
    "id" TEXT NOT NULL CONSTRAINT "pk_evaluation" PRIMARY KEY,
    "run_id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "metric" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "standard_error" TEXT NULL,
    "unit" TEXT NOT NULL,
    "lower_is_better" INTEGER NOT NULL,
    "protocol" TEXT NOT NULL,
    "protocol_digest" TEXT NOT NULL,
    "parts" TEXT NOT NULL,
    "checkpoint_sha256" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    CONSTRAINT "fk_evaluation_run_run_id" FOREIGN KEY ("run_id") REFERENCES "run" ("id") ON DELETE CASCADE
);

CREATE TABLE "job" (
    "id" TEXT NOT NULL CONSTRAINT "pk_job" PRIMARY KEY,
    "sweep_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "pool" TEXT NOT NULL,
    "priority" INTEGER NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "fence" INTEGER NOT NULL,
    "attempts_counted" INTEGER NOT NULL,
    "max_attempts" INTEGER NOT NULL,
    "unmet_dependencies" INTEGER NOT NULL,
    "available_at" TEXT NOT NULL,
    "state_changed_at" TEXT NOT NULL,
    "lease_until" TEXT NULL,
    "runner_id" TEXT NULL,
    "stop_reason" TEXT NULL,
    "created_at" TEXT NOT NULL,
    "started_at" TEXT NULL,
    "ended_at" TEXT NULL,
    "progress_done" INTEGER NOT NULL,
    "progress_total" INTEGER NOT NULL,
    "progress_unit" TEXT NOT NULL,
    "error" TEXT NULL,
    "mirror_id" TEXT NULL,
    CONSTRAINT "ck_job_blocked" CHECK (state <> 'ready' or unmet_dependencies = 0),
    CONSTRAINT "ck_job_counts" CHECK (fence >= 0 and attempts_counted >= 0 and unmet_dependencies >= 0 and max_attempts > 0),
    CONSTRAINT "ck_job_ended" CHECK ((state in ('succeeded', 'failed', 'diverged', 'pruned', 'cancelled', 'skipped')) = (ended_at is not null)),
    CONSTRAINT "ck_job_holder" CHECK (state not in ('running', 'stopping') or (runner_id is not null and fence > 0)),
    CONSTRAINT "ck_job_kind" CHECK (kind in ('train', 'evaluate', 'sample')),
    CONSTRAINT "ck_job_lease" CHECK ((state in ('running', 'stopping')) = (lease_until is not null)),
    CONSTRAINT "ck_job_state" CHECK (state in ('blocked', 'ready', 'running', 'stopping') or state in ('succeeded', 'failed', 'diverged', 'pruned', 'cancelled', 'skipped')),
    CONSTRAINT "ck_job_stopping" CHECK (state <> 'stopping' or stop_reason is not null),
    CONSTRAINT "fk_job_run_run_id" FOREIGN KEY ("run_id") REFERENCES "run" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_job_sweep_sweep_id" FOREIGN KEY ("sweep_id") REFERENCES "sweep" ("id") ON DELETE CASCADE
);

CREATE TABLE "metric_chunk" (
    "run_id" TEXT NOT NULL,
    "metric_id" INTEGER NOT NULL,
    "job_id" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "first_step" INTEGER NOT NULL,
    "last_step" INTEGER NOT NULL,
    "steps" TEXT NOT NULL,
    "values" TEXT NOT NULL,
    "times" TEXT NOT NULL,
    CONSTRAINT "pk_metric_chunk" PRIMARY KEY ("run_id", "metric_id", "job_id", "fence", "seq"),
    CONSTRAINT "fk_metric_chunk_metric_metric_id" FOREIGN KEY ("metric_id") REFERENCES "metric" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_metric_chunk_run_run_id" FOREIGN KEY ("run_id") REFERENCES "run" ("id") ON DELETE CASCADE
);

CREATE TABLE "metric_last" (
    "run_id" TEXT NOT NULL,
    "metric_id" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "value" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    CONSTRAINT "pk_metric_last" PRIMARY KEY ("run_id", "metric_id"),
    CONSTRAINT "fk_metric_last_metric_metric_id" FOREIGN KEY ("metric_id") REFERENCES "metric" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_metric_last_run_run_id" FOREIGN KEY ("run_id") REFERENCES "run" ("id") ON DELETE CASCADE
);

CREATE TABLE "artifact_edge" (
    "artifact_id" TEXT NOT NULL,
    "from_id" TEXT NOT NULL,
    CONSTRAINT "pk_artifact_edge" PRIMARY KEY ("artifact_id", "from_id"),
    CONSTRAINT "fk_artifact_edge_artifact_artifact_id" FOREIGN KEY ("artifact_id") REFERENCES "artifact" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_artifact_edge_artifact_from_id" FOREIGN KEY ("from_id") REFERENCES "artifact" ("id") ON DELETE CASCADE
);

CREATE TABLE "attempt" (
    "job_id" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "runner_id" TEXT NOT NULL,
    "started_at" TEXT NOT NULL,
    "ended_at" TEXT NULL,
    "ending" TEXT NULL,
    "resumed_at_step" INTEGER NULL,
    "error" TEXT NULL,
    "environment" TEXT NOT NULL,
    CONSTRAINT "pk_attempt" PRIMARY KEY ("job_id", "fence"),
    CONSTRAINT "ck_attempt_ended" CHECK ((ending is null) = (ended_at is null)),
    CONSTRAINT "fk_attempt_job_job_id" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
);

CREATE TABLE "job_dependency" (
    "job_id" TEXT NOT NULL,
    "depends_on_id" TEXT NOT NULL,
    CONSTRAINT "pk_job_dependency" PRIMARY KEY ("job_id", "depends_on_id"),
    CONSTRAINT "fk_job_dependency_job_depends_on_id" FOREIGN KEY ("depends_on_id") REFERENCES "job" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_job_dependency_job_job_id" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
);

CREATE TABLE "job_event" (
    "id" INTEGER NOT NULL CONSTRAINT "pk_job_event" PRIMARY KEY AUTOINCREMENT,
    "job_id" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "from_state" TEXT NULL,
    "to_state" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    CONSTRAINT "fk_job_event_job_job_id" FOREIGN KEY ("job_id") REFERENCES "job" ("id") ON DELETE CASCADE
);

CREATE INDEX "ix_artifact_run_id_kind_step" ON "artifact" ("run_id", "kind", "step");

CREATE INDEX "ix_artifact_sha256" ON "artifact" ("sha256");

CREATE INDEX "ix_artifact_sweep_id_kind" ON "artifact" ("sweep_id", "kind");

CREATE INDEX "ix_artifact_edge_from_id" ON "artifact_edge" ("from_id");

CREATE UNIQUE INDEX "ix_evaluation_job_id_fence_metric" ON "evaluation" ("job_id", "fence", "metric");

CREATE INDEX "ix_evaluation_run_id" ON "evaluation" ("run_id");

CREATE INDEX "ix_job_lease" ON "job" ("lease_until") WHERE lease_until is not null;

CREATE INDEX "ix_job_ready" ON "job" ("pool", "priority", "created_at", "ordinal") WHERE state = 'ready';

CREATE UNIQUE INDEX "ix_job_run_id_kind" ON "job" ("run_id", "kind");

CREATE INDEX "ix_job_sweep_id" ON "job" ("sweep_id");

CREATE INDEX "ix_job_dependency_depends_on_id" ON "job_dependency" ("depends_on_id");

CREATE INDEX "ix_job_event_job_id" ON "job_event" ("job_id");

CREATE UNIQUE INDEX "ix_metric_name" ON "metric" ("name");

CREATE INDEX "ix_metric_chunk_metric_id" ON "metric_chunk" ("metric_id");

CREATE INDEX "ix_metric_last_metric_id" ON "metric_last" ("metric_id");

CREATE INDEX "ix_run_spec_hash" ON "run" ("spec_hash");

CREATE UNIQUE INDEX "ix_run_sweep_id_index" ON "run" ("sweep_id", "index");

CREATE INDEX "ix_sweep_name" ON "sweep" ("name");

CREATE UNIQUE INDEX "ix_sweep_spec_hash" ON "sweep" ("spec_hash");

create view v1_run_summary as
select r.id as run_id, s.id as sweep_id, s.name as sweep_name, r."index" as run_index, r.name as run_name, r.spec_hash, r.seed, r.axes, r.spec,
       t.state as train_state, e.state as evaluate_state, p.state as sample_state,
       t.progress_done as steps_done, t.progress_total as steps_total,
       t.started_at as train_started_at, t.ended_at as train_ended_at,
       (julianday(t.ended_at) - julianday(t.started_at)) * 86400.0 as train_seconds,
       t.error as train_error, s.submitted_by, s.submitted_at
from run r
join sweep s on s.id = r.sweep_id
left join job t on t.run_id = r.id and t.kind = 'train'
left join job e on e.run_id = r.id and e.kind = 'evaluate'
left join job p on p.run_id = r.id and p.kind = 'sample';

-- SQLite has no NaN: such a value is the text NaN. Values and times are taken by their place; joining three json_each is five times slower.
create view v1_metric_point as
select p.run_id, m.name as metric, p.step,
       case p.value when 'NaN' then 'NaN' when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(p.value as real) end as value,
       p.at, p.job_id, p.fence
from (
    select c.run_id, c.metric_id, c.job_id, c.fence, step.value as step,
           json_extract(c."values", '$[' || step.key || ']') as value, json_extract(c.times, '$[' || step.key || ']') as at
    from metric_chunk c
    join json_each(c.steps) step) p
join metric m on m.id = p.metric_id
where not exists (
    select 1 from attempt later
    where later.job_id = p.job_id and later.fence > p.fence and later.resumed_at_step <= p.step);

create view v1_sweep_leaderboard as
with newest as (
    select *, case value when 'NaN' then null when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(value as real) end as number,
           row_number() over (partition by run_id, metric, protocol_digest order by created_at desc, id desc) as age
    from evaluation)
select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, n.metric, n.protocol_digest,
       rank() over (
           partition by s.id, n.metric, n.protocol_digest
           order by n.value = 'NaN', case when n.lower_is_better then 1 else -1 end * n.number) as rank,
       iif(n.value = 'NaN', n.value, n.number) as value,
       case n.standard_error when 'NaN' then 'NaN' when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(n.standard_error as real) end as standard_error,
       n.unit, n.lower_is_better, n.parts, n.protocol, n.checkpoint_sha256, n.created_at
from newest n
join run r on r.id = n.run_id
join sweep s on s.id = r.sweep_id
where n.age = 1;

create view v1_job_timeline as
select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, j.id as job_id, j.kind, j.state, a.fence,
       coalesce(u.name, '') as runner, a.started_at, a.ended_at, a.ending, a.resumed_at_step, a.error, a.environment
from attempt a
join job j on j.id = a.job_id
join run r on r.id = j.run_id
join sweep s on s.id = r.sweep_id
left join runner u on u.id = a.runner_id;

create view v1_artifact_lineage as
select a.id as artifact_id, a.sweep_id, s.name as sweep_name, a.run_id, r.name as run_name, a.kind, a.name, a.sha256, b.bytes, a.step,
       a.created_at, a.dropped_at, f.id as from_id, f.kind as from_kind, f.sha256 as from_sha256
from artifact a
join sweep s on s.id = a.sweep_id
left join run r on r.id = a.run_id
left join artifact_blob b on b.sha256 = a.sha256
left join artifact_edge e on e.artifact_id = a.id
left join artifact f on f.id = e.from_id;

INSERT INTO "__EFMigrationsHistory" ("migration_id", "product_version")
VALUES ('20261123220850_Initial', '10.0.15');

COMMIT;

BEGIN TRANSACTION;
ALTER TABLE "metric_last" ADD "protocol_digest" TEXT NULL;

ALTER TABLE "metric_chunk" ADD "protocol_digest" TEXT NULL;

ALTER TABLE "artifact" ADD "selection" TEXT NULL;

CREATE TABLE "metric_protocol" (
    "digest" TEXT NOT NULL CONSTRAINT "pk_metric_protocol" PRIMARY KEY,
    "unit" TEXT NOT NULL,
    "lower_is_better" INTEGER NOT NULL,
    "protocol" TEXT NOT NULL
);

drop view v1_metric_point;
create view v1_metric_point as
select p.run_id, m.name as metric, p.step,
       case p.value when 'NaN' then 'NaN' when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(p.value as real) end as value,
       p.at, p.job_id, p.fence, p.protocol_digest
from (
    select c.run_id, c.metric_id, c.job_id, c.fence, c.protocol_digest, step.value as step,
           json_extract(c."values", '$[' || step.key || ']') as value, json_extract(c.times, '$[' || step.key || ']') as at
    from metric_chunk c
    join json_each(c.steps) step) p
join metric m on m.id = p.metric_id
where not exists (
    select 1 from attempt later
    where later.job_id = p.job_id and later.fence > p.fence and later.resumed_at_step <= p.step);

create view v1_metric_protocol as
select digest as protocol_digest, unit, lower_is_better, protocol from metric_protocol;

drop view v1_artifact_lineage;
create view v1_artifact_lineage as
select a.id as artifact_id, a.sweep_id, s.name as sweep_name, a.run_id, r.name as run_name, a.kind, a.name, a.sha256, b.bytes, a.step,
       a.created_at, a.dropped_at, f.id as from_id, f.kind as from_kind, f.sha256 as from_sha256, a.selection
from artifact a
join sweep s on s.id = a.sweep_id
left join run r on r.id = a.run_id
left join artifact_blob b on b.sha256 = a.sha256
left join artifact_edge e on e.artifact_id = a.id
left join artifact f on f.id = e.from_id;

INSERT INTO "__EFMigrationsHistory" ("migration_id", "product_version")
VALUES ('20261125092951_Selections', '10.0.15');

COMMIT;

BEGIN TRANSACTION;
DROP INDEX "ix_job_run_id_kind";

alter table job add column shard integer null constraint ck_job_shard check (shard is null or (kind = 'evaluate' and shard >= 0));

ALTER TABLE "evaluation" ADD "warnings" TEXT NOT NULL DEFAULT '[]';

CREATE UNIQUE INDEX "ix_job_run_id_kind" ON "job" ("run_id", "kind") WHERE shard is null;

CREATE UNIQUE INDEX "ix_job_run_id_kind_shard" ON "job" ("run_id", "kind", "shard");

drop view v1_run_summary;
create view v1_run_summary as
select r.id as run_id, s.id as sweep_id, s.name as sweep_name, r."index" as run_index, r.name as run_name, r.spec_hash, r.seed, r.axes, r.spec,
       t.state as train_state, e.state as evaluate_state, p.state as sample_state,
       t.progress_done as steps_done, t.progress_total as steps_total,
       t.started_at as train_started_at, t.ended_at as train_ended_at,
       (julianday(t.ended_at) - julianday(t.started_at)) * 86400.0 as train_seconds,
       t.error as train_error, s.submitted_by, s.submitted_at
from run r
join sweep s on s.id = r.sweep_id
left join job t on t.run_id = r.id and t.kind = 'train'
left join job e on e.run_id = r.id and e.kind = 'evaluate' and e.shard is null
left join job p on p.run_id = r.id and p.kind = 'sample';

drop view v1_sweep_leaderboard;
create view v1_sweep_leaderboard as
with newest as (
    select *, case value when 'NaN' then null when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(value as real) end as number,
           row_number() over (partition by run_id, metric, protocol_digest order by created_at desc, id desc) as age
    from evaluation)
select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, n.metric, n.protocol_digest,
       rank() over (
           partition by s.id, n.metric, n.protocol_digest
           order by n.value = 'NaN', case when n.lower_is_better then 1 else -1 end * n.number) as rank,
       iif(n.value = 'NaN', n.value, n.number) as value,
       case n.standard_error when 'NaN' then 'NaN' when 'Infinity' then 9e999 when '-Infinity' then -9e999 else cast(n.standard_error as real) end as standard_error,
       n.unit, n.lower_is_better, n.parts, n.protocol, n.checkpoint_sha256, n.created_at, n.warnings
from newest n
join run r on r.id = n.run_id
join sweep s on s.id = r.sweep_id
where n.age = 1;

drop view v1_job_timeline;
create view v1_job_timeline as
select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, j.id as job_id, j.kind, j.state, a.fence,
       coalesce(u.name, '') as runner, a.started_at, a.ended_at, a.ending, a.resumed_at_step, a.error, a.environment, j.shard
from attempt a
join job j on j.id = a.job_id
join run r on r.id = j.run_id
join sweep s on s.id = r.sweep_id
left join runner u on u.id = a.runner_id;

INSERT INTO "__EFMigrationsHistory" ("migration_id", "product_version")
VALUES ('20261125160555_Shards', '10.0.15');

COMMIT;

