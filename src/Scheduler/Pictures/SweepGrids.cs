using DdpmJobs.Model.Sampling;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Scheduler.Pictures;

/// <summary>Makes the picture that compares the runs of a sweep, once all their sample jobs are final; again when a retry adds samples.</summary>
public sealed class SweepGrids(IDbContextFactory<TrackingDb> contexts, ArtifactStore artifacts, ILogger<SweepGrids> logger) : IDisposable
{
    private const int Columns = 10;

    private static readonly JobState[] Final = [JobState.Succeeded, JobState.Failed, JobState.Diverged, JobState.Pruned, JobState.Cancelled, JobState.Skipped];

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<Guid, string> _looked = [];
    private readonly Dictionary<Guid, string> _impossible = [];

    /// <summary>Makes every picture that is due.</summary>
    /// <returns>Pictures made.</returns>
    public async Task<int> MakeDueAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            // Find the sweeps whose samples are all there.
            await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
            var complete = await db.Jobs.Where(j => j.Kind == JobKind.Sample).GroupBy(j => j.SweepId)
                .Select(g => new { SweepId = g.Key, Open = g.Count(j => !Final.Contains(j.State)), Drawn = g.Count(j => j.State == JobState.Succeeded), Changed = g.Max(j => j.StateChangedAt) })
                .Where(s => s.Open == 0 && s.Drawn > 0).ToListAsync(cancel);

            int made = 0;
            foreach (var sweep in complete)
            {
                // Look at each only when one of its jobs has changed.
                string seen = $"{sweep.Drawn} {sweep.Changed.Ticks}";
                if (_looked.GetValueOrDefault(sweep.SweepId) != seen)
                {
                    made += await MakeAsync(db, sweep.SweepId, cancel) ? 1 : 0;
                    _looked[sweep.SweepId] = seen;
                }
            }

            return made;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Whether a picture of the sweep will still be made.</summary>
    /// <param name="db">To read from.</param>
    /// <param name="sweepId">The sweep.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<bool> IsExpectedAsync(TrackingDb db, Guid sweepId, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        List<JobState> states = await db.Jobs.Where(j => j.SweepId == sweepId && j.Kind == JobKind.Sample).Select(j => j.State).ToListAsync(cancel);
        if (states.Exists(s => !Final.Contains(s)))
        {
            return true;
        }

        List<(string Label, Artifact Samples)> rows = await RowsAsync(db, sweepId, cancel);
        return rows.Count > 0 && !await IsMadeAsync(db, sweepId, rows, cancel)
            && (!_impossible.TryGetValue(sweepId, out string? from) || from != InputsOf(rows));
    }

    /// <inheritdoc />
    public void Dispose() => _one.Dispose();

    private async Task<bool> MakeAsync(TrackingDb db, Guid sweepId, CancellationToken cancel)
    {
        List<(string Label, Artifact Samples)> rows = await RowsAsync(db, sweepId, cancel);
        if (rows.Count == 0 || await IsMadeAsync(db, sweepId, rows, cancel))
        {
            return false;
        }

        string folder = Directory.CreateTempSubdirectory("ddpm-grid-").FullName;
        try
        {
            string file = Path.Combine(folder, "sweep.png");
            GridPicture.WriteComparison([.. rows.Select(r => (r.Label, artifacts.PathOf(r.Samples.Sha256)))], Columns, file);
            await artifacts.AddToSweepAsync(sweepId, file, "sweep_grid", [.. rows.Select(r => r.Samples.Id)], cancel);
            logger.SweepGridMade(sweepId, rows.Count);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException && !StoreOutage.IsCauseOf(e))
        {
            // Runs of different image shapes have no common picture; nobody should wait for it.
            lock (_impossible)
            {
                _impossible[sweepId] = InputsOf(rows);
            }

            logger.SweepGridFails(sweepId, e);
            return false;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<(string Label, Artifact Samples)>> RowsAsync(TrackingDb db, Guid sweepId, CancellationToken cancel)
    {
        var all = await db.Artifacts.AsNoTracking().Where(a => a.SweepId == sweepId && a.Kind == "samples" && a.RunId != null && a.DroppedAt == null)
            .Join(db.Runs, a => a.RunId, r => r.Id, (a, r) => new { Samples = a, r.Index, r.Name }).ToListAsync(cancel);
        return [.. all.GroupBy(a => a.Index).OrderBy(g => g.Key).Select(g => g.OrderByDescending(a => a.Samples.CreatedAt).ThenByDescending(a => a.Samples.Id).First())
            .Select(a => (a.Name, a.Samples))];
    }

    private static async Task<bool> IsMadeAsync(TrackingDb db, Guid sweepId, List<(string Label, Artifact Samples)> rows, CancellationToken cancel)
    {
        List<Guid> grids = await db.Artifacts.Where(a => a.SweepId == sweepId && a.Kind == "sweep_grid" && a.DroppedAt == null).Select(a => a.Id).ToListAsync(cancel);
        List<ArtifactEdge> edges = await db.ArtifactEdges.AsNoTracking().Where(e => grids.Contains(e.ArtifactId)).ToListAsync(cancel);
        HashSet<Guid> wanted = [.. rows.Select(r => r.Samples.Id)];
        return edges.GroupBy(e => e.ArtifactId).Any(g => wanted.SetEquals(g.Select(e => e.FromId)));
    }

    private static string InputsOf(List<(string Label, Artifact Samples)> rows) => string.Join(' ', rows.Select(r => r.Samples.Id));
}
