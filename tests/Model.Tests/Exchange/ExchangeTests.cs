using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Exchange;

public sealed class ExchangeTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.1, Groups = 4 },
        Process = new ProcessSpec { Timesteps = 20 },
        Training = new TrainingSpec { Steps = 3, BatchSize = 4, WarmupSteps = 0, Ema = [new ConstantEma { Decay = 0.5 }, new WarmupEma { Decay = 0.9 }] },
        Sampling = new SamplingSpec { Count = 2, BatchSize = 2, Columns = 2, Sampler = new DdimSampler { Steps = 4 } },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-exchange-").FullName;

    public ExchangeTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private string Train(RunSpec spec)
    {
        TrainingSession session = new() { Folder = Directory.CreateDirectory(At("train")).FullName };
        return Trainer.Train(spec, session, CancellationToken.None).Checkpoint;
    }

    private static Dictionary<string, byte[]> Tensors(string path, string prefix = "")
    {
        using StateDict dict = StateDict.Open(path);
        return dict.Tensors.Values.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], dict.ReadBytes, StringComparer.Ordinal);
    }

    // Writes the moving average of a checkpoint as another program would, in any element type.
    private string WriteForeign(string checkpoint, string name, Func<string, string> rename, Func<string, long[], long[]>? reshape = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(checkpoint);
        List<SafetensorContent> contents = [];
        foreach (SafetensorEntry entry in file.Entries.Values.Where(entry => entry.Name.StartsWith("ema.0.", StringComparison.Ordinal)))
        {
            byte[] bytes = new byte[entry.Length];
            file.Read(entry, bytes);
            string ours = entry.Name["ema.0.".Length..];
            contents.Add(new SafetensorContent(rename(ours), entry.Type, reshape?.Invoke(ours, [.. entry.Shape]) ?? entry.Shape, stream => stream.Write(bytes)));
        }

        Safetensors.Write(At(name), new Dictionary<string, string>(), contents);
        return At(name);
    }

    [Fact]
    public void ExportAndImport_ThereAndBack_IsBitIdentical()
    {
        string trained = Train(Spec);
        CheckpointExport.Export(trained, "ema.0", At("one"));
        ImportReport report = CheckpointImport.Import(Spec, At("one"), null, 3, At("again.safetensors"));
        Assert.Equal("diffusers", report.Naming);
        Assert.Equal(0, report.Rounded);

        Dictionary<string, byte[]> before = Tensors(trained, "ema.0.");
        foreach (string copy in new[] { "model.", "ema.0.", "ema.1." })
            Assert.Equal(before, Tensors(At("again.safetensors"), copy));
        Assert.Equal(before.Count, report.Tensors);

        CheckpointExport.Export(At("again.safetensors"), "ema.0", At("two"));
        foreach (string file in new[] { "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(At("one"), file)), File.ReadAllBytes(Path.Combine(At("two"), file)));
        Assert.Equal(4, Directory.GetFiles(At("two"), "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Import_WeightsOfATraining_SampleAsThatTraining()
    {
        string trained = Train(Spec);
        CheckpointExport.Export(trained, "ema.0", At("one"));
        CheckpointImport.Import(Spec, At("one"), null, 3, At("again.safetensors"));
        byte[] Sample(string checkpoint, string name)
        {
            SampleSet set = SampleWriter.Write(Spec, checkpoint, "cpu", null, Directory.CreateDirectory(At(name)).FullName, null, CancellationToken.None);
            return Tensors(set.Images)["images"];
        }

        Assert.Equal(Sample(trained, "a"), Sample(At("again.safetensors"), "b"));
    }

    [Fact]
    public void Import_AtStepZero_CanBeTrainedOn()
    {
        string trained = Train(Spec);
        string file = WriteForeign(trained, "weights.safetensors", name => name);
        CheckpointImport.Import(Spec, file, null, 0, At("start.safetensors"));
        TrainingSession session = new() { Folder = _folder, ResumeFrom = At("start.safetensors") };
        TrainingEnd end = Trainer.Train(Spec, session, CancellationToken.None);
        Assert.True(end.Completed);
        Assert.NotEqual(Tensors(trained, "model.")["conv_in.weight"], Tensors(end.Checkpoint, "model.")["conv_in.weight"]);
    }

    [Fact]
    public void Import_OwnNamesBehindModule_DropsIt()
    {
        string file = WriteForeign(Train(Spec), "weights.safetensors", name => $"module.{name}");
        ImportReport report = CheckpointImport.Import(Spec, file, null, 3, At("c.safetensors"));
        Assert.Equal(Tensors(file, "module."), Tensors(At("c.safetensors"), "ema.0."));
        Assert.Equal("the network's own program", report.Naming);
        using SafetensorsFile written = SafetensorsFile.Open(At("c.safetensors"));
        Assert.Equal(report.Naming, written.Metadata["imported_from"]);
    }

    [Fact]
    public void Import_OldAttentionNamesOfDiffusers_AreKnown()
    {
        string trained = Train(Spec);
        CheckpointExport.Export(trained, "ema.0", At("new"));
        Dictionary<string, string> old = new() { ["to_q"] = "query", ["to_k"] = "key", ["to_v"] = "value", ["to_out.0"] = "proj_attn" };
        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(At("new"), "unet", "diffusion_pytorch_model.safetensors")))
        {
            Safetensors.Write(At("old.safetensors"), new Dictionary<string, string>(), [.. file.Entries.Values.Select(entry =>
            {
                byte[] bytes = new byte[entry.Length];
                file.Read(entry, bytes);
                string name = old.Aggregate(entry.Name, (text, pair) => text.Replace($".{pair.Key}.", $".{pair.Value}.", StringComparison.Ordinal));
                return new SafetensorContent(name, entry.Type, entry.Shape, stream => stream.Write(bytes));
            })]);
        }

        CheckpointImport.Import(Spec, At("old.safetensors"), null, 3, At("c.safetensors"));
        Assert.Equal(Tensors(trained, "ema.0."), Tensors(At("c.safetensors"), "ema.0."));
    }

    [Fact]
    public void Import_TensorsThatDoNotFit_NamesThemAndWritesNothing()
    {
        string file = WriteForeign(
            Train(Spec), "weights.safetensors",
            name => name == "conv_in.bias" ? "conv_in.offset" : name,
            (name, shape) => name == "mid.attn_1.q.weight" ? [shape[1] / 2, shape[0] * 2, 1, 1] : shape);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(Spec, file, null, 3, At("c.safetensors")));
        Assert.StartsWith($"{file} does not fit the run's ddpm_unet", error.Message, StringComparison.Ordinal);
        Assert.Contains("conv_in.bias is missing; conv_in.offset has no place in the network; mid.attn_1.q.weight has shape [8, 32, 1, 1] instead of [16, 16, 1, 1]", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(At("c.safetensors")));
    }

    [Fact]
    public void Import_OfAnotherNetwork_NamesTheFirst()
    {
        Safetensors.Write(At("x.safetensors"), new Dictionary<string, string>(), [new SafetensorContent("fc.weight", SafetensorType.F32, [1], stream => stream.Write(new byte[4]))]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(Spec, At("x.safetensors"), null, 3, At("c.safetensors")));
        Assert.Contains("none of the tensors of ddpm_unet; its first is fc.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_NotFinite_IsRefusedByName()
    {
        string file = WriteForeign(Train(Spec), "weights.safetensors", name => name);
        byte[] bytes = File.ReadAllBytes(file);
        using (SafetensorsFile open = SafetensorsFile.Open(file))
        {
            Safetensors.Write(At("nan.safetensors"), new Dictionary<string, string>(), [.. open.Entries.Values.Select(entry =>
            {
                byte[] content = new byte[entry.Length];
                open.Read(entry, content);
                if (entry.Name == "norm_out.bias")
                    BitConverter.TryWriteBytes(content, float.NaN);
                return new SafetensorContent(entry.Name, entry.Type, entry.Shape, stream => stream.Write(content));
            })]);
        }

        Assert.Contains("tensor norm_out.bias holds values that are not finite",
            Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(Spec, At("nan.safetensors"), null, 3, At("c.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unet/config.json", "flip_sin_to_cos", "true", "flip_sin_to_cos is true there and false here")]
    [InlineData("unet/config.json", "norm_eps", null, "norm_eps is 1e-5 there by default and 1E-06 here")]
    [InlineData("unet/config.json", "downsample_padding", "1", "downsample_padding is 1 there and 0 here")]
    [InlineData("scheduler/scheduler_config.json", "beta_end", "0.03", "beta at t = 1 is")]
    [InlineData("scheduler/scheduler_config.json", "beta_schedule", "\"laplace\"", "cannot be compared")]
    [InlineData("scheduler/scheduler_config.json", "beta_schedule", "\"sigmoid\"", "beta at t = 0 is")]
    [InlineData("scheduler/scheduler_config.json", "rescale_betas_zero_snr", "true", "beta at t = 1 is")]
    [InlineData("scheduler/scheduler_config.json", "prediction_type", "\"v_prediction\"", "prediction_type is v_prediction there and epsilon here")]
    [InlineData("scheduler/scheduler_config.json", "num_train_timesteps", "1000", "num_train_timesteps is 1000 there and 20 here")]
    public void Import_ConfigurationThatMeansSomethingElse_IsRefused(string file, string member, string? value, string expected)
    {
        CheckpointExport.Export(Train(Spec), "ema.0", At("one"));
        string path = Path.Combine(At("one"), file);
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config.Remove(member);
        if (value is not null)
            config[member] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(Spec, At("one"), null, 3, At("c.safetensors")));
        Assert.Contains("does not fit the run", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Schedules => ["linear", "cosine", "other cosine"];

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Export_EverySchedule_IsReadBackAsTheSame(string name)
    {
        RunSpec spec = Spec with
        {
            Process = Spec.Process with
            {
                Prediction = new VPrediction(),
                Schedule = name switch { "linear" => new LinearSchedule { BetaEnd = 0.3 }, "cosine" => new CosineSchedule(), _ => new CosineSchedule { S = 0.02 } },
            },
        };
        CheckpointExport.Export(Train(spec), "model", At("one"));
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(At("one"), "scheduler", "scheduler_config.json")))!.AsObject();
        Assert.Equal(name == "other cosine", config["trained_betas"] is JsonArray);
        CheckpointImport.Import(spec, At("one"), null, 3, At("c.safetensors"));
        Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(Spec, At("one"), null, 3, At("d.safetensors")));
    }

    [Fact]
    public void Export_FewerChannelsThanGroups_IsRefusedAndWritesNothing()
    {
        RunSpec spec = Spec with { Network = (DdpmUnet)Spec.Network with { Groups = 32 } };
        string trained = Train(spec);
        SpecException error = Assert.Throws<SpecException>(() => CheckpointExport.Export(trained, "ema.0", At("one")));
        Assert.Contains("set network.groups to at most 8", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("one")));
    }

    [Fact]
    public void Export_WeightsThatAreNotThere_LeavesNothing()
    {
        string trained = Train(Spec);
        Assert.Contains("ema.7.", Assert.Throws<InvalidDataException>(() => CheckpointExport.Export(trained, "ema.7", At("one"))).Message, StringComparison.Ordinal);
        Assert.Equal(["train"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Export_FolderThatIsInUse_IsRefused()
    {
        string trained = Train(Spec);
        Assert.Contains("is there already", Assert.Throws<IOException>(() => CheckpointExport.Export(trained, "ema.0", At("train"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_OfTheCifar10Network_AreThoseOfDiffusers()
    {
        DdpmUnet unet = new();
        using nn.Module<Tensor, Tensor, Tensor> network = unet.Build(3, 3, 32, 0, new DropoutContext(0));
        DiffusersNaming naming = new(knowsNoLabel: false);
        Dictionary<string, string> names = network.named_parameters().ToDictionary(parameter => naming.PartsOf(parameter.name, parameter.parameter.shape, unet).Single().Names[0], parameter => parameter.name);
        Assert.Equal("up.3.block.2.nin_shortcut.bias", names["up_blocks.0.resnets.2.conv_shortcut.bias"]);
        Assert.Equal("up.1.attn.2.proj_out.weight", names["up_blocks.2.attentions.2.to_out.0.weight"]);
        Assert.Equal("down.1.attn.0.norm.weight", names["down_blocks.1.attentions.0.group_norm.weight"]);
        Assert.Equal("down.2.downsample.conv.bias", names["down_blocks.2.downsamplers.0.conv.bias"]);
        Assert.Equal("mid.attn_1.k.weight", names["mid_block.attentions.0.to_k.weight"]);
        Assert.Equal("temb.dense.1.bias", names["time_embedding.linear_2.bias"]);
        JsonObject config = DiffusersUnet.Config(unet, 3, 3, 32, knowsNoLabel: false);
        Assert.Equal("""["DownBlock2D","AttnDownBlock2D","DownBlock2D","DownBlock2D"]""", config["down_block_types"]!.ToJsonString());
        Assert.Equal("""["UpBlock2D","UpBlock2D","AttnUpBlock2D","UpBlock2D"]""", config["up_block_types"]!.ToJsonString());
    }
}
