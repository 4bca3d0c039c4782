namespace DdpmJobs.Scheduler.Api;

/// <summary>A sweep with all its runs.</summary>
/// <param name="Summary">As in the list.</param>
/// <param name="Runs">Its points, in order.</param>
/// <param name="Artifacts">Files of the whole sweep.</param>
/// <param name="SweepGridExpected">Whether a comparison picture of the sweep will still be made.</param>
public sealed record SweepDetail(SweepSummary Summary, IReadOnlyList<RunDetail> Runs, IReadOnlyList<ArtifactView> Artifacts, bool SweepGridExpected);
