using DdpmJobs.Model.Training;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Tests.Verbs;

/// <summary>A person sees what each checkpoint of a run is kept for, by what the best was selected, and what the runners noted.</summary>
public sealed class ShowCheckpointsTests
{
    [Fact]
    public async Task Show_Run_TellsNewestKeptAndSelectedApart()
    {
        CheckpointSelection selection = new("nll", 3.1494, "bits/dim", true, 400, "0123456789abcdef");
        RunDetail run = Sweeps.Run("epsilon", [Sweeps.Job("train", "succeeded", 600, 600)]) with
        {
            Last = new Dictionary<string, PointView> { ["validation/nll"] = new(600, 3.25, "0123456789abcdef"), ["train/loss"] = new(599, 0.5) },
            Artifacts =
            [
                new ArtifactView(Guid.Empty, "checkpoint", "step-00000600.safetensors", "aa", 600, false),
                new ArtifactView(Guid.Empty, "checkpoint_kept", "step-00000500.safetensors", "bb", 500, false),
                new ArtifactView(Guid.Empty, "checkpoint_best", "best-nll-step-00000400.safetensors", "cc", 400, false, selection),
                new ArtifactView(Guid.Empty, "checkpoint_best", "best-nll-step-00000200.safetensors", "dd", 200, true, selection with { Step = 200 }),
            ],
            Notes = ["attempt 2: the checkpoint of step 550 (SHA-256 1f0c) is missing or damaged; training goes on from step 500"],
        };
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(run));

        string[] lines = (await Cli.RunAsync(scheduler.Environment, "show", "two/0")).Output.Split('\n');

        Assert.Contains("Note: attempt 2: the checkpoint of step 550 (SHA-256 1f0c) is missing or damaged; training goes on from step 500.", lines);
        Assert.Contains("validation/nll 3.25 (step 600, protocol 0123456789abcdef)", lines);
        Assert.Contains("train/loss 0.5 (step 599)", lines);
        Assert.Contains("checkpoint step-00000600.safetensors aa step 600", lines);
        Assert.Contains("checkpoint_kept step-00000500.safetensors bb step 500", lines);
        Assert.Contains("checkpoint_best best-nll-step-00000400.safetensors cc step 400, selected by validation/nll 3.1494 bits/dim at step 400, protocol 0123456789abcdef", lines);
        Assert.Contains("checkpoint_best best-nll-step-00000200.safetensors dd step 200, selected by validation/nll 3.1494 bits/dim at step 200, protocol 0123456789abcdef (dropped)", lines);
    }

    [Fact]
    public async Task Show_RunAsJson_HasTheSelectionInItsParts()
    {
        RunDetail run = Sweeps.Run("epsilon", []) with
        {
            Artifacts = [new ArtifactView(Guid.Empty, "checkpoint_best", "best.safetensors", "cc", 400, false, new CheckpointSelection("nll", 3.5, "bits/dim", true, 400, "0123456789abcdef"))],
        };
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(run));

        System.Text.Json.JsonElement selection = (await Cli.RunAsync(scheduler.Environment, "show", "two/0", "--json")).Json.GetProperty("artifacts")[0].GetProperty("selection");

        Assert.Equal(("nll", 3.5, 400, "0123456789abcdef"), (selection.GetProperty("metric").GetString(), selection.GetProperty("value").GetDouble(), selection.GetProperty("step").GetInt32(), selection.GetProperty("protocol_digest").GetString()));
    }
}
