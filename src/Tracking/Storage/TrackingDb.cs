using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>The only truth. Read it through LINQ; change jobs through <see cref="JobQueue"/>.</summary>
public abstract class TrackingDb(DbContextOptions options, SqlDialect dialect) : DbContext(options)
{
    /// <summary>How this database speaks.</summary>
    public SqlDialect Dialect { get; } = dialect;

    /// <summary>Sweeps.</summary>
    public DbSet<Sweep> Sweeps => Set<Sweep>();

    /// <summary>Runs.</summary>
    public DbSet<Run> Runs => Set<Run>();

    /// <summary>Jobs.</summary>
    public DbSet<Job> Jobs => Set<Job>();

    /// <summary>Edges of the job graph.</summary>
    public DbSet<JobDependency> JobDependencies => Set<JobDependency>();

    /// <summary>Attempts.</summary>
    public DbSet<Attempt> Attempts => Set<Attempt>();

    /// <summary>Changes of state.</summary>
    public DbSet<JobEvent> JobEvents => Set<JobEvent>();

    /// <summary>Metric names.</summary>
    public DbSet<Metric> Metrics => Set<Metric>();

    /// <summary>Metric points.</summary>
    public DbSet<MetricChunk> MetricChunks => Set<MetricChunk>();

    /// <summary>How points were measured, where they are qualities.</summary>
    public DbSet<MetricProtocol> MetricProtocols => Set<MetricProtocol>();

    /// <summary>Newest points.</summary>
    public DbSet<MetricLast> MetricLasts => Set<MetricLast>();

    /// <summary>Measured qualities.</summary>
    public DbSet<Evaluation> Evaluations => Set<Evaluation>();

    /// <summary>Files.</summary>
    public DbSet<Artifact> Artifacts => Set<Artifact>();

    /// <summary>Contents.</summary>
    public DbSet<ArtifactBlob> ArtifactBlobs => Set<ArtifactBlob>();

    /// <summary>Lineage.</summary>
    public DbSet<ArtifactEdge> ArtifactEdges => Set<ArtifactEdge>();

    /// <summary>Runner processes.</summary>
    public DbSet<Runner> Runners => Set<Runner>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        TrackingModel.Build(modelBuilder, Dialect);
        Dialect.Configure(modelBuilder);
    }
}
