namespace DdpmJobs.Migrations.Postgres;

/// <summary>The views of <see cref="V1Views"/> that know of evaluations in parts: a run still has one row, an attempt says which shard it was for, and a value what makes it doubtful.</summary>
internal static class ShardViews
{
    public const string Create = """
        create or replace view v1.run_summary as
        select r.id as run_id, s.id as sweep_id, s.name as sweep_name, r.index as run_index, r.name as run_name, r.spec_hash, r.seed, r.axes, r.spec,
               t.state as train_state, e.state as evaluate_state, p.state as sample_state,
               t.progress_done as steps_done, t.progress_total as steps_total,
               t.started_at as train_started_at, t.ended_at as train_ended_at,
               extract(epoch from t.ended_at - t.started_at)::double precision as train_seconds,
               t.error as train_error, s.submitted_by, s.submitted_at
        from run r
        join sweep s on s.id = r.sweep_id
        left join job t on t.run_id = r.id and t.kind = 'train'
        left join job e on e.run_id = r.id and e.kind = 'evaluate' and e.shard is null
        left join job p on p.run_id = r.id and p.kind = 'sample';

        create or replace view v1.sweep_leaderboard as
        with newest as (
            select distinct on (run_id, metric, protocol_digest) *
            from evaluation
            order by run_id, metric, protocol_digest, created_at desc, id desc)
        select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, n.metric, n.protocol_digest,
               rank() over (
                   partition by s.id, n.metric, n.protocol_digest
                   order by n.value = 'NaN', case when n.lower_is_better then n.value else -n.value end) as rank,
               n.value, n.standard_error, n.unit, n.lower_is_better, n.parts, n.protocol, n.checkpoint_sha256, n.created_at, n.warnings
        from newest n
        join run r on r.id = n.run_id
        join sweep s on s.id = r.sweep_id;

        create or replace view v1.job_timeline as
        select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, j.id as job_id, j.kind, j.state, a.fence,
               coalesce(u.name, '') as runner, a.started_at, a.ended_at, a.ending, a.resumed_at_step, a.error, a.environment, j.shard
        from attempt a
        join job j on j.id = a.job_id
        join run r on r.id = j.run_id
        join sweep s on s.id = r.sweep_id
        left join runner u on u.id = a.runner_id;
        comment on column v1.job_timeline.shard is 'Part of the run''s evaluation, zero-based; null for the attempts that put the parts together and for every other job.';
        comment on column v1.sweep_leaderboard.warnings is 'What makes the value doubtful, a JSON array of sentences.';
        """;
}
