using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.GpuRunner.Tests.Execution;

public sealed class EvaluateAttemptTests
{
    private const string Sharded =
        """{ "data": "optdigits", "training": { "steps": 10 }, "sampling": { "count": 1 }, "evaluation": { "metrics": "frechet_distance", "samples": { "count": 100, "batch_size": 10, "shards": 3 } } }""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_ShardsAndTheirWhole_AreStoredPutTogetherAndDropped()
    {
        List<string> seen = [];
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (session, _) =>
        {
            seen.AddRange(session.Shards.Select(File.ReadAllText));
            session.Features.Warn!("The cache held a damaged file. It is computed anew.");
            return [Value(7) with { Warnings = ["the samples are few"] }];
        }, shard: Draw));
        await runner.SubmitAsync(Sharded);
        await EvaluateAsync(runner, 4);

        Assert.Equal(["shard 0", "shard 1", "shard 2"], seen);
        IReadOnlyList<Artifact> shards = [.. (await runner.ArtifactsAsync()).Where(artifact => artifact.Kind == ArtifactStore.ShardKind)];
        Assert.Equal(["shard-1-of-3.safetensors", "shard-2-of-3.safetensors", "shard-3-of-3.safetensors"], shards.Select(shard => shard.Name));
        Assert.All(shards, shard => Assert.NotNull(shard.DroppedAt));
        await using TrackingDb db = await runner.DbAsync();
        Evaluation stored = await db.Evaluations.SingleAsync(Cancel);
        Assert.Equal((7, """["the samples are few"]"""), (stored.Value, stored.Warnings));
        Assert.Equal("The cache held a damaged file. It is computed anew", Assert.Single(await NotesAsync(db)));
        Guid checkpoint = (await runner.ArtifactsAsync()).Single(artifact => artifact.Kind == "checkpoint").Id;
        Assert.Equal(3, await db.ArtifactEdges.CountAsync(edge => edge.FromId == checkpoint && shards.Select(shard => shard.Id).Contains(edge.ArtifactId), Cancel));
    }

    [Fact]
    public async Task Execute_WholeWithALostShardFile_DrawsThatRangeAgainAndSaysSo()
    {
        List<int> drawn = [];
        List<string> seen = [];
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (session, _) =>
        {
            seen.AddRange(session.Shards.Select(File.ReadAllText));
            return [Value(7)];
        }, shard: (session, number, file, stop) =>
        {
            drawn.Add(number);
            Draw(session, number, file, stop);
        }));
        await runner.SubmitAsync(Sharded);
        await EvaluateAsync(runner, 3);
        Artifact second = (await runner.ArtifactsAsync()).Single(artifact => artifact.Name == "shard-2-of-3.safetensors");
        await File.WriteAllTextAsync(runner.Get<ArtifactStore>().PathOf(second.Sha256), "damaged", Cancel);

        await EvaluateAsync(runner, 1);
        Assert.Equal([0, 1, 2, 1], drawn);
        Assert.Equal(["shard 0", "shard 1", "shard 2"], seen);
        await using TrackingDb db = await runner.DbAsync();
        Assert.Equal("the file of shard 2 of 3 is missing or damaged; its images were drawn again", Assert.Single(await NotesAsync(db)));
    }

    [Fact]
    public async Task Execute_ShardThatFails_IsTriedAgainAndCostsNoOther()
    {
        List<int> drawn = [];
        bool broken = true;
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (_, _) => [Value(7)], shard: (session, number, file, stop) =>
        {
            drawn.Add(number);
            if (number == 1 && broken)
            {
                broken = false;
                throw new IOException("The disk is full.");
            }

            Draw(session, number, file, stop);
        }));
        await runner.SubmitAsync(Sharded);
        await EvaluateAsync(runner, 5);
        Assert.Equal([0, 1, 2], drawn.Distinct().Order());
        Assert.Equal(4, drawn.Count);
        Assert.All((await runner.JobsAsync()).Where(job => job.Kind == JobKind.Evaluate), job => Assert.Equal(JobState.Succeeded, job.State));
    }

    [Fact]
    public async Task SharedFiles_SecondOffer_GetsTheFirst()
    {
        List<string> contents = [];
        int made = 0;
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (_, _) => [Value(7)], shard: (session, number, file, stop) =>
        {
            if (number == 0)
                Assert.Null(session.Features.Shared!.Find("classifier"));
            string mine = Path.Combine(Path.GetDirectoryName(file)!, "mine");
            File.WriteAllText(mine, $"made by {made++}");
            contents.Add(File.ReadAllText(session.Features.Shared!.Offer("classifier", mine)));
            contents.Add(File.ReadAllText(session.Features.Shared.Find("classifier")!));
            Draw(session, number, file, stop);
        }));
        await runner.SubmitAsync(Sharded);
        await EvaluateAsync(runner, 2);
        Assert.Equal(["made by 0"], contents.Distinct());

        // Damaged, it is as if it had not been there.
        Artifact shared = (await runner.ArtifactsAsync()).Single(artifact => artifact.Kind == ArtifactStore.SharedKind);
        Assert.Null(shared.RunId);
        await File.WriteAllTextAsync(runner.Get<ArtifactStore>().PathOf(shared.Sha256), "damaged", Cancel);
        contents.Clear();
        await EvaluateAsync(runner, 1);
        Assert.Equal(["made by 2"], contents.Distinct());
        Assert.Single(await runner.ArtifactsAsync(), artifact => artifact.Kind == ArtifactStore.SharedKind);
    }

    // Jobs of evaluation are claimed before those of sampling only by kind; take what comes until so many were done.
    private static async Task EvaluateAsync(RunnerFixture runner, int jobs)
    {
        for (int done = 0; done < jobs;)
        {
            (Lease lease, _) = await runner.ClaimAndExecuteAsync(Cancel);
            done += lease.Kind == JobKind.Evaluate ? 1 : 0;
        }
    }

    private static async Task<List<string>> NotesAsync(TrackingDb db) =>
        await db.JobEvents.Where(change => change.FromState == change.ToState).Select(change => change.Reason).ToListAsync(Cancel);

    private static void Draw(EvaluationSession session, int number, string file, CancellationToken stop)
    {
        Assert.True(File.Exists(session.Checkpoint));
        File.WriteAllText(file, $"shard {number}");
    }

    private static MetricValue Value(double value) => new() { Name = "frechet_distance[classifier]", Value = value, Unit = "squared distance", Protocol = new JsonObject { ["samples"] = 100 } };

    private static TrainingEnd Train10(RunSpec spec, TrainingSession session, CancellationToken stop) => RunnerFixture.End(session, 10, completed: true);
}
