namespace DdpmJobs.Migrations.Postgres;

/// <summary>The views that analysts use: stable, documented, versioned by their schema.</summary>
internal static class V1Views
{
    public const string Create = """
        create schema v1;
        comment on schema v1 is 'Stable views for analysts. A change that would break a query goes into a schema v2 beside it.';

        create view v1.run_summary as
        select r.id as run_id, s.id as sweep_id, s.name as sweep_name, r.index as run_index, r.name as run_name, r.spec_hash, r.seed, r.axes, r.spec,
               t.state as train_state, e.state as evaluate_state, p.state as sample_state,
               t.progress_done as steps_done, t.progress_total as steps_total,
               t.started_at as train_started_at, t.ended_at as train_ended_at,
               extract(epoch from t.ended_at - t.started_at)::double precision as train_seconds,
               t.error as train_error, s.submitted_by, s.submitted_at
        from run r
        join sweep s on s.id = r.sweep_id
        left join job t on t.run_id = r.id and t.kind = 'train'
        left join job e on e.run_id = r.id and e.kind = 'evaluate'
        left join job p on p.run_id = r.id and p.kind = 'sample';
        comment on view v1.run_summary is 'One row a run: what was varied (axes), the whole spec, and how its jobs stand.';

        create view v1.metric_point as
        select c.run_id, m.name as metric, point.step, point.value, point.at, c.job_id, c.fence
        from metric_chunk c
        join metric m on m.id = c.metric_id
        cross join lateral unnest(c.steps, c.values, c.times) as point(step, value, at)
        where not exists (
            select 1 from attempt later
            where later.job_id = c.job_id and later.fence > c.fence and later.resumed_at_step <= point.step);
        comment on view v1.metric_point is 'One row a point of a curve. Where an attempt resumed at step S, what earlier attempts recorded at S and later is left out. Values may be NaN or infinite.';

        create view v1.sweep_leaderboard as
        with newest as (
            select distinct on (run_id, metric, protocol_digest) *
            from evaluation
            order by run_id, metric, protocol_digest, created_at desc, id desc)
        select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, n.metric, n.protocol_digest,
               rank() over (
                   partition by s.id, n.metric, n.protocol_digest
                   order by n.value = 'NaN', case when n.lower_is_better then n.value else -n.value end) as rank,
               n.value, n.standard_error, n.unit, n.lower_is_better, n.parts, n.protocol, n.checkpoint_sha256, n.created_at
        from newest n
        join run r on r.id = n.run_id
        join sweep s on s.id = r.sweep_id;
        comment on view v1.sweep_leaderboard is 'One row a run, metric and protocol, ranked among the runs of the sweep that were measured by the same protocol.';

        create view v1.job_timeline as
        select s.id as sweep_id, s.name as sweep_name, r.id as run_id, r.name as run_name, j.id as job_id, j.kind, j.state, a.fence,
               coalesce(u.name, '') as runner, a.started_at, a.ended_at, a.ending, a.resumed_at_step, a.error, a.environment
        from attempt a
        join job j on j.id = a.job_id
        join run r on r.id = j.run_id
        join sweep s on s.id = r.sweep_id
        left join runner u on u.id = a.runner_id;
        comment on view v1.job_timeline is 'One row an attempt: who worked on what, from when to when, and how it ended.';

        create view v1.artifact_lineage as
        select a.id as artifact_id, a.sweep_id, s.name as sweep_name, a.run_id, r.name as run_name, a.kind, a.name, a.sha256, b.bytes, a.step,
               a.created_at, a.dropped_at, f.id as from_id, f.kind as from_kind, f.sha256 as from_sha256
        from artifact a
        join sweep s on s.id = a.sweep_id
        left join run r on r.id = a.run_id
        left join artifact_blob b on b.sha256 = a.sha256
        left join artifact_edge e on e.artifact_id = a.id
        left join artifact f on f.id = e.from_id;
        comment on view v1.artifact_lineage is 'One row a file and each file it was made from.';

        -- A read-only role for analysts, where this user may make one: grant ddpm_reader to alice;
        do $$
        begin
            if not exists (select 1 from pg_roles where rolname = 'ddpm_reader') then
                create role ddpm_reader nologin;
            end if;
            grant usage on schema v1 to ddpm_reader;
            grant select on all tables in schema v1 to ddpm_reader;
        exception
            when insufficient_privilege or duplicate_object or unique_violation then
                raise notice 'The role ddpm_reader was not set up: %', sqlerrm;
        end
        $$;
        """;

    public const string Drop = "drop schema if exists v1 cascade;";
}
