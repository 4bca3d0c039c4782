namespace DdpmJobs.Migrations.Sqlite;

/// <summary>The views of <see cref="V1Views"/> that gained a column at their end, and one more: how points of curves were measured, and why a checkpoint was selected.</summary>
internal static class QualityViews
{
    public const string Create = """
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
        """;

    public const string Drop = "drop view if exists v1_metric_protocol;";
}
