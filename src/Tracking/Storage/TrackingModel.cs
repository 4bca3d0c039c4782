using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Tables, keys, checks and indexes.</summary>
internal static class TrackingModel
{
    private const string Final = "('succeeded', 'failed', 'diverged', 'pruned', 'cancelled', 'skipped')";

    public static void Build(ModelBuilder model, SqlDialect dialect)
    {
        model.Entity<Sweep>(sweep =>
        {
            sweep.ToTable("sweep");
            sweep.Property(s => s.SubmittedAt).HasDefaultValueSql(dialect.Now);
            sweep.HasIndex(s => s.SpecHash).IsUnique();
            sweep.HasIndex(s => s.Name);
            sweep.HasMany(s => s.Runs).WithOne(r => r.Sweep).HasForeignKey(r => r.SweepId);
            sweep.HasMany(s => s.Jobs).WithOne().HasForeignKey(j => j.SweepId);
        });
        model.Entity<Run>(run =>
        {
            run.ToTable("run");
            run.Property(r => r.Axes).HasColumnType(dialect.JsonType);
            run.Property(r => r.Spec).HasColumnType(dialect.JsonType);
            run.Property(r => r.Provenance).HasColumnType(dialect.JsonType);
            run.HasIndex(r => new { r.SweepId, r.Index }).IsUnique();
            run.HasIndex(r => r.SpecHash);
            run.HasMany(r => r.Jobs).WithOne(j => j.Run).HasForeignKey(j => j.RunId);
        });
        BuildJobs(model, dialect);
        BuildMetrics(model, dialect);
        BuildResults(model, dialect);
        model.Entity<Runner>(runner =>
        {
            runner.ToTable("runner", table => table.HasCheckConstraint("ck_runner_state", "state in ('active', 'tripped', 'stopped')"));
            runner.Property(r => r.StartedAt).HasDefaultValueSql(dialect.Now);
            runner.Property(r => r.SeenAt).HasDefaultValueSql(dialect.Now);
        });
    }

    private static void BuildJobs(ModelBuilder model, SqlDialect dialect)
    {
        model.Entity<Job>(job =>
        {
            job.ToTable("job", table =>
            {
                table.HasCheckConstraint("ck_job_kind", "kind in ('train', 'evaluate', 'sample')");
                table.HasCheckConstraint("ck_job_state", $"state in ('blocked', 'ready', 'running', 'stopping') or state in {Final}");
                table.HasCheckConstraint("ck_job_lease", "(state in ('running', 'stopping')) = (lease_until is not null)");
                table.HasCheckConstraint("ck_job_holder", "state not in ('running', 'stopping') or (runner_id is not null and fence > 0)");
                table.HasCheckConstraint("ck_job_ended", $"(state in {Final}) = (ended_at is not null)");
                table.HasCheckConstraint("ck_job_stopping", "state <> 'stopping' or stop_reason is not null");
                table.HasCheckConstraint("ck_job_blocked", "state <> 'ready' or unmet_dependencies = 0");
                table.HasCheckConstraint("ck_job_shard", "shard is null or (kind = 'evaluate' and shard >= 0)");
                table.HasCheckConstraint("ck_job_counts", "fence >= 0 and attempts_counted >= 0 and unmet_dependencies >= 0 and max_attempts > 0");
            });
            Word(job.Property(j => j.Kind));
            Word(job.Property(j => j.State)).IsConcurrencyToken();
            job.Property(j => j.StopReason).HasConversion(r => r == null ? null : r.ToString()!.ToLowerInvariant(), s => s == null ? null : Enum.Parse<StopReason>(s, true));
            job.Property(j => j.Fence).IsConcurrencyToken();

            // Null differs from null in an index, so jobs without shard have one of their own.
            job.HasIndex(j => new { j.RunId, j.Kind, j.Shard }).IsUnique();
            job.HasIndex(j => new { j.RunId, j.Kind }).IsUnique().HasFilter("shard is null");
            job.HasIndex(j => j.SweepId);
            job.HasIndex(j => new { j.Pool, j.Priority, j.CreatedAt, j.Ordinal }).HasFilter("state = 'ready'").HasDatabaseName("ix_job_ready");
            job.HasIndex(j => j.LeaseUntil).HasFilter("lease_until is not null").HasDatabaseName("ix_job_lease");
            job.HasMany(j => j.Attempts).WithOne().HasForeignKey(a => a.JobId);
        });
        model.Entity<JobDependency>(edge =>
        {
            edge.ToTable("job_dependency");
            edge.HasKey(e => new { e.JobId, e.DependsOnId });
            edge.HasIndex(e => e.DependsOnId);
            edge.HasOne<Job>().WithMany().HasForeignKey(e => e.JobId);
            edge.HasOne<Job>().WithMany().HasForeignKey(e => e.DependsOnId);
        });
        model.Entity<Attempt>(attempt =>
        {
            attempt.ToTable("attempt", table => table.HasCheckConstraint("ck_attempt_ended", "(ending is null) = (ended_at is null)"));
            attempt.HasKey(a => new { a.JobId, a.Fence });
            attempt.Property(a => a.Environment).HasColumnType(dialect.JsonType);
        });
        model.Entity<JobEvent>(change =>
        {
            change.ToTable("job_event");
            change.Property(e => e.FromState).HasConversion(s => s == null ? null : s.ToString()!.ToLowerInvariant(), s => s == null ? null : Enum.Parse<JobState>(s, true));
            Word(change.Property(e => e.ToState));
            change.HasIndex(e => e.JobId);
            change.HasOne<Job>().WithMany().HasForeignKey(e => e.JobId);
        });
    }

    private static void BuildMetrics(ModelBuilder model, SqlDialect dialect)
    {
        model.Entity<Metric>(metric =>
        {
            metric.ToTable("metric");
            metric.HasIndex(m => m.Name).IsUnique();
        });
        model.Entity<MetricChunk>(chunk =>
        {
            chunk.ToTable("metric_chunk");
            chunk.HasKey(c => new { c.RunId, c.MetricId, c.JobId, c.Fence, c.Seq });
            chunk.HasOne<Run>().WithMany().HasForeignKey(c => c.RunId);
            chunk.HasOne<Metric>().WithMany().HasForeignKey(c => c.MetricId);
        });
        model.Entity<MetricProtocol>(protocol =>
        {
            protocol.ToTable("metric_protocol");
            protocol.HasKey(p => p.Digest);
            protocol.Property(p => p.Protocol).HasColumnType(dialect.JsonType);
        });
        model.Entity<MetricLast>(last =>
        {
            last.ToTable("metric_last");
            last.HasKey(l => new { l.RunId, l.MetricId });
            last.HasOne<Run>().WithMany().HasForeignKey(l => l.RunId);
            last.HasOne<Metric>().WithMany().HasForeignKey(l => l.MetricId);
        });
    }

    private static void BuildResults(ModelBuilder model, SqlDialect dialect)
    {
        model.Entity<Evaluation>(evaluation =>
        {
            evaluation.ToTable("evaluation");
            evaluation.Property(e => e.Protocol).HasColumnType(dialect.JsonType);
            evaluation.Property(e => e.Parts).HasColumnType(dialect.JsonType);
            evaluation.Property(e => e.Warnings).HasColumnType(dialect.JsonType).HasDefaultValue("[]");
            evaluation.HasIndex(e => new { e.JobId, e.Fence, e.Metric }).IsUnique();
            evaluation.HasIndex(e => e.RunId);
            evaluation.HasOne<Run>().WithMany().HasForeignKey(e => e.RunId);
        });
        model.Entity<Artifact>(artifact =>
        {
            artifact.ToTable("artifact");
            artifact.Property(a => a.Selection).HasColumnType(dialect.JsonType);
            artifact.Ignore(a => a.SelectedBy);
            artifact.HasIndex(a => new { a.RunId, a.Kind, a.Step });
            artifact.HasIndex(a => new { a.SweepId, a.Kind });
            artifact.HasIndex(a => a.Sha256);
            artifact.HasOne<Sweep>().WithMany().HasForeignKey(a => a.SweepId);
            artifact.HasOne<Run>().WithMany().HasForeignKey(a => a.RunId);
        });
        model.Entity<ArtifactBlob>(blob =>
        {
            blob.ToTable("artifact_blob");
            blob.HasKey(b => b.Sha256);
        });
        model.Entity<ArtifactEdge>(edge =>
        {
            edge.ToTable("artifact_edge");
            edge.HasKey(e => new { e.ArtifactId, e.FromId });
            edge.HasOne<Artifact>().WithMany().HasForeignKey(e => e.ArtifactId);
            edge.HasOne<Artifact>().WithMany().HasForeignKey(e => e.FromId);
        });
    }

    private static PropertyBuilder<T> Word<T>(PropertyBuilder<T> property) where T : struct, Enum =>
        property.HasConversion(value => value.ToString().ToLowerInvariant(), text => Enum.Parse<T>(text, true));
}
