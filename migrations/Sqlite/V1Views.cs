namespace DdpmJobs.Migrations.Sqlite;

/// <summary>The views that analysts use, as in schema v1 on PostgreSQL; SQLite has no schemas, so their names begin with <c>v1_</c>.</summary>
internal static class V1Views
{
    public const string Create = """
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
        """;

    public const string Drop = """
        drop view if exists v1_run_summary;
        drop view if exists v1_metric_point;
        drop view if exists v1_sweep_leaderboard;
        drop view if exists v1_job_timeline;
        drop view if exists v1_artifact_lineage;
        """;
}
