using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Metrics;

/// <summary>Writes and reads curves.</summary>
public sealed class MetricStore(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Appends chunks of one attempt and moves the newest points; a chunk that is there already is left as it is.</summary>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    /// <exception cref="ArgumentException">A chunk is empty or its arrays differ in length.</exception>
    public async Task AppendAsync(Lease lease, IReadOnlyList<MetricBatch> batches, CancellationToken cancel)
    {
        foreach (MetricBatch batch in batches)
        {
            if (batch.Steps.Length == 0 || batch.Values.Length != batch.Steps.Length || batch.Times.Length != batch.Steps.Length)
                throw new ArgumentException($"Chunk {batch.Seq} of {batch.Name} has {batch.Steps.Length} steps, {batch.Values.Length} values and {batch.Times.Length} times.", nameof(batches));
        }

        if (batches.Count == 0)
            return;
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        Dictionary<string, int> ids = await MetricIdsAsync(change.Db, batches, cancel);
        await AddProtocolsAsync(change.Db, batches, cancel);

        // Leave out what a repeat brings again.
        int[] metrics = [.. ids.Values];
        int firstSeq = batches.Min(batch => batch.Seq);
        HashSet<(int, int)> there = [.. (await change.Db.MetricChunks
            .Where(chunk => chunk.RunId == lease.RunId && metrics.Contains(chunk.MetricId) && chunk.JobId == lease.JobId && chunk.Fence == lease.Fence && chunk.Seq >= firstSeq)
            .Select(chunk => new { chunk.MetricId, chunk.Seq }).ToListAsync(cancel)).Select(chunk => (chunk.MetricId, chunk.Seq))];
        List<MetricBatch> added = [.. batches.Where(batch => there.Add((ids[batch.Name], batch.Seq)))];
        change.Db.MetricChunks.AddRange(added.Select(batch => ToChunk(lease, ids[batch.Name], batch)));

        await MoveLastAsync(change.Db, lease.RunId, ids, added, cancel);
        await change.CommitAsync(cancel);
    }

    /// <summary>Reads a curve in step order, with what a resumed attempt repeated cut off from the attempts before it.</summary>
    public async Task<IReadOnlyList<MetricPoint>> ReadAsync(Guid runId, string name, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        List<MetricChunk> chunks = await db.MetricChunks.AsNoTracking()
            .Join(db.Metrics.Where(metric => metric.Name == name), chunk => chunk.MetricId, metric => metric.Id, (chunk, _) => chunk)
            .Where(chunk => chunk.RunId == runId).OrderBy(chunk => chunk.Fence).ThenBy(chunk => chunk.Seq).ToListAsync(cancel);
        Guid[] jobs = [.. chunks.Select(chunk => chunk.JobId).Distinct()];
        ILookup<Guid, Attempt> resumed = (await db.Attempts.AsNoTracking()
            .Where(attempt => jobs.Contains(attempt.JobId) && attempt.ResumedAtStep != null).ToListAsync(cancel)).ToLookup(attempt => attempt.JobId);

        var points = new List<MetricPoint>();
        foreach (MetricChunk chunk in chunks)
        {
            long cut = resumed[chunk.JobId].Where(attempt => attempt.Fence > chunk.Fence).Min(attempt => attempt.ResumedAtStep) ?? long.MaxValue;
            for (int i = 0; i < chunk.Steps.Length && chunk.Steps[i] < cut; i++)
                points.Add(new MetricPoint(chunk.Steps[i], chunk.Values[i]));
        }

        return [.. points.OrderBy(point => point.Step)];
    }

    /// <summary>Names of the metrics a run has.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(Guid runId, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        return await db.MetricLasts.Where(last => last.RunId == runId).Join(db.Metrics, last => last.MetricId, metric => metric.Id, (_, metric) => metric.Name)
            .OrderBy(name => name).ToListAsync(cancel);
    }

    /// <summary>The newest point of every metric of every run of a sweep, with how it was measured where it is a quality.</summary>
    public async Task<ILookup<Guid, (string Name, MetricPoint Point, string? ProtocolDigest)>> LastOfSweepAsync(Guid sweepId, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        var rows = await (from last in db.MetricLasts
                          join run in db.Runs on last.RunId equals run.Id
                          join metric in db.Metrics on last.MetricId equals metric.Id
                          where run.SweepId == sweepId
                          select new { last.RunId, metric.Name, last.Step, last.Value, last.ProtocolDigest }).ToListAsync(cancel);
        return rows.ToLookup(row => row.RunId, row => (row.Name, new MetricPoint(row.Step, row.Value), (string?)row.ProtocolDigest));
    }

    private static MetricChunk ToChunk(Lease lease, int metricId, MetricBatch batch) => new()
    {
        RunId = lease.RunId,
        MetricId = metricId,
        JobId = lease.JobId,
        Fence = lease.Fence,
        Seq = batch.Seq,
        FirstStep = batch.Steps[0],
        LastStep = batch.Steps[^1],
        ProtocolDigest = batch.Protocol?.Digest,
        Steps = batch.Steps,
        Values = batch.Values,
        Times = batch.Times,
    };

    private static async Task<Dictionary<string, int>> MetricIdsAsync(TrackingDb db, IReadOnlyList<MetricBatch> batches, CancellationToken cancel)
    {
        string[] names = [.. batches.Select(batch => batch.Name).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, int> ids = await ReadIdsAsync(db, names, cancel);
        foreach (string name in names.Where(name => !ids.ContainsKey(name)))
            await db.Database.ExecuteSqlAsync($"insert into metric (name) values ({name}) on conflict (name) do nothing", cancel);
        return ids.Count == names.Length ? ids : await ReadIdsAsync(db, names, cancel);
    }

    // Another attempt may add the same in this moment.
    private static async Task AddProtocolsAsync(TrackingDb db, IReadOnlyList<MetricBatch> batches, CancellationToken cancel)
    {
        string sql = "insert into metric_protocol (digest, unit, lower_is_better, protocol) values ({0}, {1}, {2}, cast({3} as " + db.Dialect.JsonType + ")) on conflict (digest) do nothing";
        foreach (MetricProtocol protocol in batches.Select(batch => batch.Protocol).OfType<MetricProtocol>().DistinctBy(protocol => protocol.Digest))
        {
            if (!await db.MetricProtocols.AnyAsync(there => there.Digest == protocol.Digest, cancel))
                await db.Database.ExecuteSqlRawAsync(sql, [protocol.Digest, protocol.Unit, protocol.LowerIsBetter, protocol.Protocol], cancel);
        }
    }

    private static Task<Dictionary<string, int>> ReadIdsAsync(TrackingDb db, string[] names, CancellationToken cancel) =>
        db.Metrics.Where(metric => names.Contains(metric.Name)).ToDictionaryAsync(metric => metric.Name, metric => metric.Id, cancel);

    private static async Task MoveLastAsync(TrackingDb db, Guid runId, Dictionary<string, int> ids, IReadOnlyList<MetricBatch> batches, CancellationToken cancel)
    {
        int[] metrics = [.. ids.Values];
        Dictionary<int, MetricLast> lasts = await db.MetricLasts.AsTracking()
            .Where(last => last.RunId == runId && metrics.Contains(last.MetricId)).ToDictionaryAsync(last => last.MetricId, cancel);

        // The newest write wins, not the largest step: a resumed attempt begins before the place where the one before it ended. A repeat is no newer write.
        foreach (MetricBatch batch in batches)
        {
            if (!lasts.TryGetValue(ids[batch.Name], out MetricLast? last))
            {
                last = new MetricLast { RunId = runId, MetricId = ids[batch.Name] };
                lasts.Add(last.MetricId, last);
                db.MetricLasts.Add(last);
            }

            (last.Step, last.Value, last.At, last.ProtocolDigest) = (batch.Steps[^1], batch.Values[^1], batch.Times[^1], batch.Protocol?.Digest);
        }
    }
}
