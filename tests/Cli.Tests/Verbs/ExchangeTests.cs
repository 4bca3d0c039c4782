using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Cli.Tests.Verbs;

public class ExchangeTests
{
    private const string Sweep = """
        name: one
        run:
          data: optdigits
          network: { kind: ddpm_unet, channels: 8, multipliers: [1, 2], blocks: 1, attention: [4], groups: 4 }
          process: { timesteps: 20 }
          training: { steps: 2, batch_size: 2 }
          sampling: { count: 1, sampler: { kind: ddim, steps: 2 } }
        """;

    // Weights as another program would leave them: the first weights of the run's own network.
    private static string WriteWeights(ScratchFolder scratch)
    {
        RunSpec spec = SweepFile.Parse(Sweep, "one.yaml", "test").Runs[0].Spec;
        using TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> network =
            spec.Network.Build(1, 1, 8, 5, new DdpmJobs.Model.Networks.DropoutContext(5));
        string file = scratch.At("weights.safetensors");
        Safetensors.Write(file, new Dictionary<string, string>(), [.. network.named_parameters().Select(parameter =>
            new SafetensorContent(parameter.name, SafetensorType.F32, parameter.parameter.shape, stream => stream.Write(parameter.parameter.detach().bytes)))]);
        return file;
    }

    [Fact]
    public async Task ImportAndExport_Weights_MakeACheckpointAndAPipeline()
    {
        using ScratchFolder scratch = new();
        string sweep = scratch.Write("one.yaml", Sweep);
        string weights = WriteWeights(scratch);
        Cli import = await Cli.RunAsync("import", weights, "--sweep", sweep, "--out", scratch.At("c.safetensors"), "--json");
        Assert.Equal((0, ""), (import.Code, import.Errors));
        Assert.Equal(2, import.Json.GetProperty("step").GetInt64());
        using (Checkpoint checkpoint = Checkpoint.Open(scratch.At("c.safetensors")))
            Assert.Equal(checkpoint.SpecHash, import.Json.GetProperty("spec_hash").GetString());

        Cli export = await Cli.RunAsync("export", scratch.At("c.safetensors"), "--out", scratch.At("pipeline"));
        Assert.Equal((0, ""), (export.Code, export.Errors));
        Cli again = await Cli.RunAsync("import", scratch.At("pipeline"), "--sweep", sweep, "--out", scratch.At("d.safetensors"), "--step", "0");
        Assert.Contains("by the names of diffusers", again.Output);
        using StateDict one = StateDict.Open(weights);
        using StateDict two = StateDict.Open(scratch.At("d.safetensors"));
        Assert.All(one.Tensors.Values, tensor => Assert.Equal(one.ReadBytes(tensor), two.ReadBytes(two.Tensors[$"ema.0.{tensor.Name}"])));
    }

    [Fact]
    public async Task Run_CheckpointThatIsNotOfTheSweep_IsRefusedBeforeAnythingStarts()
    {
        using ScratchFolder scratch = new();
        string sweep = scratch.Write("one.yaml", Sweep);
        string longer = scratch.Write("longer.yaml", Sweep.Replace("steps: 2, batch_size", "steps: 3, batch_size", StringComparison.Ordinal));
        string checkpoint = scratch.At("c.safetensors");
        Assert.Equal(0, (await Cli.RunAsync("import", WriteWeights(scratch), "--sweep", sweep, "--out", checkpoint)).Code);
        foreach (string verb in new[] { "run", "submit" })
        {
            Assert.Contains("belongs to no run of the sweep one: its spec is", (await Cli.RunAsync(verb, longer, "--checkpoint", checkpoint)).Refusal());
            Assert.Contains("two checkpoints belong to the run", (await Cli.RunAsync(verb, sweep, "--checkpoint", checkpoint, "--checkpoint", checkpoint)).Refusal());
            Assert.Contains("there is no such file", (await Cli.RunAsync(verb, sweep, "--checkpoint", scratch.At("none"))).Refusal());
            Assert.Contains("it is no checkpoint", (await Cli.RunAsync(verb, sweep, "--checkpoint", scratch.At("weights.safetensors"))).Refusal());
        }
    }

    [Fact]
    public async Task Import_BadInput_IsRefusedInOneSentence()
    {
        using ScratchFolder scratch = new();
        string sweep = scratch.Write("one.yaml", Sweep);
        string two = scratch.Write("two.yaml", Sweeps.Yaml);
        string weights = WriteWeights(scratch);
        string text = scratch.Write("notes.txt", "no weights, only words");
        string target = scratch.At("c.safetensors");
        Assert.Contains("no safetensors file", (await Cli.RunAsync("import", text, "--sweep", sweep, "--out", target)).Refusal());
        Assert.Contains("there is no such file", (await Cli.RunAsync("import", scratch.At("none.pth"), "--sweep", sweep, "--out", target)).Refusal());
        Assert.Contains("has 2 runs; choose one by --run, from 0 to 1", (await Cli.RunAsync("import", weights, "--sweep", two, "--out", target)).Refusal());
        Assert.Contains("has no run 2", (await Cli.RunAsync("import", weights, "--sweep", two, "--run", "2", "--out", target)).Refusal());
        Assert.Contains("--step must be from 0 to the run's 2", (await Cli.RunAsync("import", weights, "--sweep", sweep, "--step", "3", "--out", target)).Refusal());
        Assert.False(File.Exists(target));
        Assert.Contains("it is no checkpoint", (await Cli.RunAsync("export", weights, "--out", scratch.At("p"))).Refusal());
        Assert.False(Directory.Exists(scratch.At("p")));
    }
}
