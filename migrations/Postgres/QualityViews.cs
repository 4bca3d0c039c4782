namespace DdpmJobs.Migrations.Postgres;

/// <summary>The views of <see cref="V1Views"/> that gained a column at their end, and one more: how points of curves were measured, and why a checkpoint was selected.</summary>
internal static class QualityViews
{
    public const string Create = """
        create or replace view v1.metric_point as
        select c.run_id, m.name as metric, point.step, point.value, point.at, c.job_id, c.fence, c.protocol_digest
        from metric_chunk c
        join metric m on m.id = c.metric_id
        cross join lateral unnest(c.steps, c.values, c.times) as point(step, value, at)
        where not exists (
            select 1 from attempt later
            where later.job_id = c.job_id and later.fence > c.fence and later.resumed_at_step <= point.step);

        create view v1.metric_protocol as
        select digest as protocol_digest, unit, lower_is_better, protocol from metric_protocol;
        comment on view v1.metric_protocol is 'One row a way of measuring points of curves, as of validation/nll; values of different digests are not comparable.';

        create or replace view v1.artifact_lineage as
        select a.id as artifact_id, a.sweep_id, s.name as sweep_name, a.run_id, r.name as run_name, a.kind, a.name, a.sha256, b.bytes, a.step,
               a.created_at, a.dropped_at, f.id as from_id, f.kind as from_kind, f.sha256 as from_sha256, a.selection
        from artifact a
        join sweep s on s.id = a.sweep_id
        left join run r on r.id = a.run_id
        left join artifact_blob b on b.sha256 = a.sha256
        left join artifact_edge e on e.artifact_id = a.id
        left join artifact f on f.id = e.from_id;

        do $$
        begin
            grant select on all tables in schema v1 to ddpm_reader;
        exception
            when insufficient_privilege or undefined_object then
                raise notice 'The role ddpm_reader was not granted the new view: %', sqlerrm;
        end
        $$;
        """;
}
