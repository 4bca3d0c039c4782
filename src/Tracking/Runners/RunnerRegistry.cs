using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Runners;

/// <summary>Who is there.</summary>
public sealed class RunnerRegistry(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Inserts or renews a runner's row (by id) and its sign of life.</summary>
    public async Task SeenAsync(Runner runner, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        DateTime now = await db.Dialect.NowAsync(db, cancel);
        int renewed = await db.Runners.Where(row => row.Id == runner.Id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.SeenAt, now).SetProperty(row => row.State, runner.State).SetProperty(row => row.StateReason, runner.StateReason), cancel);
        if (renewed > 0)
            return;
        db.Runners.Add(new Runner
        {
            Id = runner.Id,
            Name = runner.Name,
            Pool = runner.Pool,
            Devices = runner.Devices,
            Slots = runner.Slots,
            Version = runner.Version,
            State = runner.State,
            StateReason = runner.StateReason,
            StartedAt = now,
            SeenAt = now,
        });
        await db.SaveChangesAsync(cancel);
    }
}
