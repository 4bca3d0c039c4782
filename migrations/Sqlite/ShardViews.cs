namespace DdpmJobs.Migrations.Sqlite;

/// <summary>The views of <see cref="V1Views"/> that know of evaluations in parts: a run still has one row, an attempt says which shard it was for, and a value what makes it doubtful.</summary>
internal static class ShardViews
{
    public const string Create = """
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
        """;
}
