using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.GpuRunner.Tests.Execution;

/// <summary>Trains a little and draws in each sample mode through the executor: what it leaves in the store is what a user can ask for.</summary>
public sealed class SampleModeTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static string Spec(string mode) => $$"""
        {
          "data": "optdigits",
          "network": { "kind": "ddpm_unet", "channels": 8, "multipliers": [1, 2], "blocks": 1, "attention": [4], "groups": 4 },
          "process": { "timesteps": 20 },
          "training": { "steps": 2, "batch_size": 4, "warmup_steps": 0 },
          "evaluation": { "metrics": [] },
          "sampling": { "mode": {{mode}}, "sampler": { "kind": "ddim", "steps": 5, "clip_denoised": false }, "count": 2 }
        }
        """;

    [Theory]
    [InlineData("\"samples\"", 10, "images")]
    [InlineData("\"progressive\"", 10, "images,progressive")]
    [InlineData("""{ "kind": "interpolation", "timesteps": [0, 10], "between": 1 }""", 6 + 6 * 3, "images,sources")]
    [InlineData("""{ "kind": "latent_interpolation", "between": 1 }""", 30, "images,latents")]
    [InlineData("\"reconstruction\"", 18, "images,latents,originals")]
    public async Task Execute_EveryMode_StoresPictureImagesAndWhatItMeasured(string mode, long evaluations, string tensors)
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunWork.OfModel(threads: 1));
        await runner.SubmitAsync(Spec(mode));
        await runner.ClaimAndExecuteAsync(Cancel);

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending);
        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal((JobKind.Sample, evaluations, evaluations), (job.Kind, job.ProgressDone, job.ProgressTotal));
        IReadOnlyList<Artifact> artifacts = await runner.ArtifactsAsync();
        ArtifactStore store = runner.Get<ArtifactStore>();
        Artifact picture = Assert.Single(artifacts, artifact => artifact.Kind == "sample_grid");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(store.PathOf(picture.Sha256), Cancel))[..4]);
        Artifact samples = Assert.Single(artifacts, artifact => artifact.Kind == "samples");
        using SafetensorsFile file = SafetensorsFile.Open(store.PathOf(samples.Sha256));
        Assert.Equal(tensors, string.Join(",", file.Entries.Keys.Order(StringComparer.Ordinal)));

        // What is measured belongs to the checkpoint it was measured on.
        await using TrackingDb db = await runner.DbAsync();
        List<Evaluation> values = await db.Evaluations.ToListAsync(Cancel);
        if (mode != "\"reconstruction\"")
        {
            Assert.Empty(values);
            return;
        }

        Evaluation value = Assert.Single(values);
        Assert.Equal(("reconstruction_mse", "squared error/dim", true), (value.Metric, value.Unit, value.LowerIsBetter));
        Assert.True(double.IsFinite(value.Value));
        Assert.Equal((lease.JobId, artifacts.Single(artifact => artifact.Kind == "checkpoint").Sha256), (value.JobId, value.CheckpointSha256));
        Assert.Contains("\"data\":\"optdigits\"", value.Protocol, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_DataFolderOfTheRunner_IsWhereImagesAreReadFrom()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(
            RunnerFixture.Work((_, session, _) => RunnerFixture.End(session, 2, completed: true)) with { Sample = (_, _, _, data, _, _, _) => throw new FileNotFoundException($"looked in {data}") },
            options => options.DataFolder = "/somewhere");
        await runner.SubmitAsync(Spec("\"reconstruction\""));
        await runner.ClaimAndExecuteAsync(Cancel);

        (_, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.Equal("looked in /somewhere", Assert.IsType<AttemptEnding.Failed>(outcome.Ending).Message);
    }
}
