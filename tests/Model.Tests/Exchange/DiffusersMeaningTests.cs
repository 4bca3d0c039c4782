using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Networks;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>An exported folder means in diffusers what the checkpoint means here, and comes back to the last bit.</summary>
public sealed class DiffusersMeaningTests : IDisposable
{
    private const int Classes = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-diffusers-").FullName;

    public DiffusersMeaningTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    public static TheoryData<string> Networks => ["ddpm", "ddpm labels", "ddpm labels, dropped", "ddpm three levels", "improved", "improved one head", "improved added", "improved labels, dropped"];

    private static RunSpec Spec(string name)
    {
        int classes = name.Contains("labels", StringComparison.Ordinal) ? Classes : 0;
        DdpmUnet ddpm = new() { Channels = 8, Multipliers = [1, 2], Blocks = 2, Attention = [4], Groups = 4, Classes = classes };
        ImprovedUnet improved = new() { Channels = 8, Multipliers = [1, 2], Blocks = 2, Attention = [4], Groups = 4, Heads = 4, Classes = classes };
        return new RunSpec
        {
            Seed = 3,
            Data = new Optdigits(),
            Network = name switch
            {
                "improved one head" => improved with { Heads = 1, Attention = [8, 4] },
                "improved added" => improved with { ScaleShiftNorm = false },
                "ddpm three levels" => ddpm with { Multipliers = [1, 3, 2], Attention = [8, 2] },
                _ => name.StartsWith("improved", StringComparison.Ordinal) ? improved : ddpm,
            },
            Process = new ProcessSpec { Timesteps = 20, Variance = name.StartsWith("improved", StringComparison.Ordinal) ? new LearnedRangeVariance() : new FixedLargeVariance() },
            Training = new TrainingSpec { Steps = 3, BatchSize = 4, WarmupSteps = 0, LabelDropout = name.Contains("dropped", StringComparison.Ordinal) ? 0.2 : 0 },
        };
    }

    // Weights of which none is zero or one, so that every layer shows.
    private string Written(RunSpec spec)
    {
        Tensor Shaken(string name, Tensor value) => (value + 0.2 * arange(value.numel(), dtype: float32).mul(1.7).add(name.Length).sin().view(value.shape)).detach();
        int outputs = spec.Process.Variance.OutputsPerChannel;
        using nn.Module<Tensor, Tensor, Tensor> network = spec.Network.Build(1, outputs, 8, 1, new DropoutContext(1));
        using IDisposable quiet = no_grad();
        string path = At("checkpoint.safetensors");
        Checkpoint.Write(path, spec, 3, [.. network.named_parameters().SelectMany(parameter => new[] { "model", "ema.0" }.Select(place => ($"{place}.{parameter.name}", Shaken(parameter.name, parameter.parameter))))]);
        return path;
    }

    private static Dictionary<string, Tensor> Read(string path)
    {
        using StateDict dict = StateDict.Open(path);
        return dict.Tensors.Values.ToDictionary(found => found.Name, found => tensor(dict.ReadFloats(found), [.. found.Shape]));
    }

    private JsonObject Json(params string[] parts) => JsonNode.Parse(File.ReadAllText(Path.Combine([_folder, .. parts])))!.AsObject();

    [Theory]
    [MemberData(nameof(Networks))]
    public void Export_EveryNetwork_ComputesThereWhatItComputesHere(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        RunSpec spec = Spec(name);
        string checkpoint = Written(spec);
        CheckpointExport.Export(checkpoint, "ema.0", At("one"));
        using TrainedNetwork ours = TrainedNetwork.Load(spec, checkpoint, "cpu");
        DiffusersReference theirs = new(Json("one", "unet", "config.json"), Read(At("one/unet/diffusion_pytorch_model.safetensors")));
        Tensor x = NetworkGoldens.Noise(7, 3, 1, 8, 8);
        Tensor t = tensor(new long[] { 0, 7, 19 });
        if (spec.Network.LabelCount == 0)
        {
            AssertClose(ours.Predict(x, t), theirs.Predict(x, t, null));
            return;
        }

        Tensor labels = tensor(new long[] { 9, 0, 4 });
        AssertClose(ours.Predict(x, t, labels), theirs.Predict(x, t, labels));
        if (spec.Training.LabelDropout > 0) // the class behind the last is no class
            AssertClose(ours.Predict(x, t), theirs.Predict(x, t, tensor(new long[] { Classes, Classes, Classes })));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void ExportAndImport_EveryNetwork_ComesBackToTheLastBit(string name)
    {
        RunSpec spec = Spec(name);
        string checkpoint = Written(spec);
        CheckpointExport.Export(checkpoint, "ema.0", At("one"));
        Assert.Equal(spec.Network.LabelCount == 0, File.Exists(At("one/model_index.json")));
        CheckpointImport.Import(spec, At("one"), null, 3, At("again.safetensors"));
        using (StateDict before = StateDict.Open(checkpoint))
        using (StateDict after = StateDict.Open(At("again.safetensors")))
        {
            ForeignTensor[] averages = [.. before.Tensors.Values.Where(tensor => tensor.Name.StartsWith("ema.0.", StringComparison.Ordinal))];
            Assert.NotEmpty(averages);
            Assert.All(averages, tensor => Assert.Equal(before.ReadBytes(tensor), after.ReadBytes(after.Tensors[tensor.Name])));
        }

        CheckpointExport.Export(At("again.safetensors"), "ema.0", At("two"));
        Assert.All(Directory.GetFiles(At("one"), "*", SearchOption.AllDirectories), file =>
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(At("two"), Path.GetRelativePath(At("one"), file)))));
    }

    [Fact]
    public void Import_VectorOfNoLabelThatIsNotZero_MeansTheSame()
    {
        using DisposeScope scope = NewDisposeScope();
        RunSpec spec = Spec("improved labels, dropped");
        CheckpointExport.Export(Written(spec), "ema.0", At("one"));
        string file = At("one/unet/diffusion_pytorch_model.safetensors");
        Dictionary<string, Tensor> weights = Read(file);
        weights["class_embedding.weight"][Classes].copy_(arange(32, dtype: float32).cos());
        Safetensors.Write(file, new Dictionary<string, string>(), [.. weights.Select(entry =>
            new SafetensorContent(entry.Key, SafetensorType.F32, entry.Value.shape, stream => stream.Write(entry.Value.contiguous().bytes)))]);

        CheckpointImport.Import(spec, At("one"), null, 3, At("c.safetensors"));
        using TrainedNetwork ours = TrainedNetwork.Load(spec, At("c.safetensors"), "cpu");
        DiffusersReference theirs = new(Json("one", "unet", "config.json"), weights);
        Tensor x = NetworkGoldens.Noise(7, 2, 1, 8, 8);
        Tensor t = tensor(new long[] { 3, 7 });
        AssertClose(ours.Predict(x, t, tensor(new long[] { 9, 0 })), theirs.Predict(x, t, tensor(new long[] { 9, 0 })));
        AssertClose(ours.Predict(x, t), theirs.Predict(x, t, tensor(new long[] { Classes, Classes })));
    }

    [Fact]
    public void Import_LabelsWithOrWithoutNoLabel_AreToldApart()
    {
        CheckpointExport.Export(Written(Spec("ddpm labels")), "ema.0", At("one"));
        Assert.Contains("num_class_embeds is 10 there and 11 here", Assert.Throws<InvalidDataException>(
            () => CheckpointImport.Import(Spec("ddpm labels, dropped"), At("one"), null, 3, At("c.safetensors"))).Message, StringComparison.Ordinal);
        Assert.Contains("class_embedding.weight has shape [10, 32] instead of [11, 32]", Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(
            Spec("ddpm labels, dropped"), At("one/unet/diffusion_pytorch_model.safetensors"), null, 3, At("c.safetensors"))).Message, StringComparison.Ordinal);
        Assert.Contains("num_class_embeds is 10 there and null here", Assert.Throws<InvalidDataException>(
            () => CheckpointImport.Import(Spec("ddpm"), At("one"), null, 3, At("c.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_ConfigurationOfThePublishedCifar10Network_Fits()
    {
        // google/ddpm-cifar10-32, unet/config.json: numbers as Python writes them, and most members left out.
        JsonObject config = JsonNode.Parse("""
            { "_class_name": "UNet2DModel", "_diffusers_version": "0.0.4", "act_fn": "silu", "attention_head_dim": null, "block_out_channels": [128, 256, 256, 256],
              "center_input_sample": false, "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"], "downsample_padding": 0,
              "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-06, "norm_num_groups": 32,
              "out_channels": 3, "sample_size": 32, "time_embedding_type": "positional", "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"] }
            """)!.AsObject();
        JsonObject ours = DiffusersUnet.Config(new DdpmUnet(), 3, 3, 32, knowsNoLabel: false);
        Assert.Empty(DiffusersUnet.Differences(config, ours));
        config["attention_head_dim"] = 256; // the width of every attention: one head
        config["attn_norm_num_groups"] = 32;
        config["mid_block_scale_factor"] = 1.0;
        Assert.Empty(DiffusersUnet.Differences(config, ours));
        config["attention_head_dim"] = 64;
        Assert.Equal(["attention_head_dim is 64 there and null here"], DiffusersUnet.Differences(config, ours));
    }

    public static TheoryData<Network, string> Impossible => new()
    {
        { new DdpmUnet { Channels = 8, Multipliers = [2, 2], Blocks = 1, Attention = [], Groups = 4 }, "network.multipliers would have to begin with 1" },
        { new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [], Groups = 32 }, "set network.groups to at most 8" },
        { new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [8], Groups = 4, Heads = 2 }, "layers of 8, 16 channels cannot have both" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Export_NetworkWithoutCounterpart_IsRefusedWithTheReason(Network network, string expected)
    {
        string checkpoint = Written(Spec("ddpm") with { Network = network });
        SpecException error = Assert.Throws<SpecException>(() => CheckpointExport.Export(checkpoint, "ema.0", At("one")));
        Assert.Equal("network", error.Path);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("one")));
    }

    public static TheoryData<ProcessSpec, string> ImpossibleProcesses => new()
    {
        { new ProcessSpec { Timesteps = 20, Prediction = new MuPrediction() }, "diffusers has no prediction mu" },
        { new ProcessSpec { Timesteps = 20, Variance = new LearnedVariance() }, "diffusers has no variance learned with our meaning" },
        { new ProcessSpec { Timesteps = 20, RescaleTimesteps = true }, "hands it t times 1000 / 20" },
    };

    [Theory]
    [MemberData(nameof(ImpossibleProcesses))]
    public void Export_ProcessWithoutCounterpart_IsRefusedWithTheReason(ProcessSpec process, string expected)
    {
        string checkpoint = Written(Spec("ddpm") with { Process = process });
        SpecException error = Assert.Throws<SpecException>(() => CheckpointExport.Export(checkpoint, "ema.0", At("one")));
        Assert.Equal("process", error.Path);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<ProcessSpec, Sampler, string> Processes => new()
    {
        { new ProcessSpec { Timesteps = 20 }, new AncestralSampler(), "epsilon fixed_large linear listed=False clip=True linspace" },
        { new ProcessSpec { Timesteps = 20, Prediction = new X0Prediction(), Variance = new FixedSmallVariance() }, new DdimSampler { Grid = TimeGrid.Trailing }, "sample fixed_small linear listed=False clip=True trailing" },
        { new ProcessSpec { Timesteps = 20, Prediction = new VPrediction(), Variance = new LearnedRangeVariance(), Schedule = new QuadSchedule() }, new DdimSampler { ClipDenoised = false, Grid = TimeGrid.AuthorsUniform }, "v_prediction learned_range scaled_linear listed=False clip=False leading" },
        { new ProcessSpec { Timesteps = 20, Schedule = new CosineSchedule() }, new HeunSampler(), "epsilon fixed_large squaredcos_cap_v2 listed=False clip=True leading" },
        { new ProcessSpec { Timesteps = 20, Schedule = new SigmoidSchedule() }, new DpmSolver(), "epsilon fixed_large linear listed=True clip=True leading" },
        { new ProcessSpec { Timesteps = 20, Prediction = new VPrediction(), Schedule = new ZeroTerminalSnrSchedule() }, new AncestralSampler { Grid = TimeGrid.Leading }, "v_prediction fixed_large linear listed=True clip=True leading" },
        { new ProcessSpec { Timesteps = 1000, RescaleTimesteps = true }, new AncestralSampler(), "epsilon fixed_large linear listed=False clip=True linspace" },
    };

    [Theory]
    [MemberData(nameof(Processes))]
    public void Export_EveryProcess_IsWrittenInTheirWordsAndReadBack(ProcessSpec process, Sampler sampler, string expected)
    {
        RunSpec spec = Spec("ddpm") with { Process = process, Sampling = new SamplingSpec { Sampler = sampler } };
        CheckpointExport.Export(Written(spec), "ema.0", At("one"));
        JsonObject config = Json("one", "scheduler", "scheduler_config.json");
        Assert.Equal(expected, $"{config["prediction_type"]} {config["variance_type"]} {config["beta_schedule"]} listed={config["trained_betas"] is JsonArray} "
            + $"clip={config["clip_sample"]!.GetValue<bool>()} {config["timestep_spacing"]}");
        Assert.Equal((process.Timesteps, false, "DDPMScheduler"), (config["num_train_timesteps"]!.GetValue<int>(), config["thresholding"]!.GetValue<bool>(), config["_class_name"]!.GetValue<string>()));
        CheckpointImport.Import(spec, At("one"), null, 3, At("c.safetensors"));
        Assert.True(File.Exists(At("c.safetensors")));
    }

    [Fact]
    public void Differences_SchedulesByTheirWords_AreOurs()
    {
        void Same(string theirs, Schedule ours, Prediction? prediction = null) => Assert.Empty(DiffusersScheduler.Differences(
            JsonNode.Parse(theirs)!.AsObject(), new ProcessSpec { Timesteps = 100, Schedule = ours, Prediction = prediction ?? new VPrediction() }));
        const string Common = """{ "num_train_timesteps": 100, "prediction_type": "v_prediction", "beta_start": 0.001, "beta_end": 0.03, """;
        Same(Common + """ "beta_schedule": "linear" }""", new LinearSchedule { BetaStart = 0.001, BetaEnd = 0.03 });
        Same(Common + """ "beta_schedule": "scaled_linear" }""", new QuadSchedule { BetaStart = 0.001, BetaEnd = 0.03 });
        Same(Common + """ "beta_schedule": "sigmoid" }""", new SigmoidBetaSchedule { BetaStart = 0.001, BetaEnd = 0.03 });
        Same(Common + """ "beta_schedule": "squaredcos_cap_v2" }""", new CosineSchedule());
        Same(Common + """ "beta_schedule": "linear", "rescale_betas_zero_snr": true }""", new ZeroTerminalSnrSchedule { Of = new LinearSchedule { BetaStart = 0.001, BetaEnd = 0.03 } });
        Assert.NotEmpty(DiffusersScheduler.Differences(
            JsonNode.Parse("""{ "num_train_timesteps": 1000, "variance_type": "learned" }""")!.AsObject(), new ProcessSpec { Variance = new LearnedRangeVariance() }));
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        float scale = expected.abs().max().item<float>();
        Assert.True(scale > 0.01, $"the outputs are too small to tell anything: {scale}");
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-5f * Math.Max(1, scale));
    }
}
