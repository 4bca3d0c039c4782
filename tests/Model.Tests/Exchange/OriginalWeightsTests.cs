using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Tests.Networks;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Weights as the networks' own programs and diffusers save them fit by name and shape, and mean here what they mean there.</summary>
public sealed class OriginalWeightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-originals-").FullName;

    public OriginalWeightsTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private static RunSpec Spec(Network network, Variance? variance = null, double labelDropout = 0) => new()
    {
        Data = new PackedTiles { File = "tiles.bin", Height = 8, Width = 8, Channels = 3 },
        Network = network,
        Process = new ProcessSpec { Timesteps = 1000, Variance = variance ?? new FixedLargeVariance() },
        Training = new TrainingSpec { Steps = 5, LabelDropout = labelDropout },
    };

    public static TheoryData<string, string> Presets => new()
    {
        { "ddim cifar10", "ddim" }, { "ddim small", "ddim" }, { "improved cifar10", "improved" }, { "improved small", "improved" }, { "improved classes", "improved" },
        { "diffusers cifar10", "diffusers" }, { "diffusers cifar10 old", "diffusers" }, { "diffusers improved", "diffusers" }, { "diffusers classes", "diffusers" },
    };

    private static (Network Network, int Size, int OutChannels, Dictionary<string, long[]> Names) Preset(string name) => name switch
    {
        // ermongroup/ddim, configs/cifar10.yml.
        "ddim cifar10" => (new DdpmUnet(), 32, 3, OriginalNames.Ddim(128, [1, 2, 2, 2], 2, [16], 32, 3, 3)),
        "ddim small" => (new DdpmUnet { Channels = 8, Multipliers = [2, 1], Blocks = 3, Attention = [8], Groups = 4 }, 8, 3, OriginalNames.Ddim(8, [2, 1], 3, [8], 8, 3, 3)),

        // openai/improved-diffusion, README: --image_size 32 --num_channels 128 --num_res_blocks 3 --learn_sigma True; attention at 16 and 8, four heads.
        "improved cifar10" => (new ImprovedUnet(), 32, 6, OriginalNames.Improved(128, [1, 2, 2, 2], 3, [2, 4], true, null, 3, 6)),
        "improved small" => (
            new ImprovedUnet { Channels = 8, Multipliers = [1, 3], Blocks = 2, Attention = [8], Heads = 2, ScaleShiftNorm = false, Groups = 4 }, 8, 3,
            OriginalNames.Improved(8, [1, 3], 2, [1], false, null, 3, 3)),
        "improved classes" => (
            new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Classes = 7 }, 8, 3,
            OriginalNames.Improved(8, [1, 2], 1, [2], true, 7, 3, 3)),
        "diffusers cifar10" => (new DdpmUnet(), 32, 3, OriginalNames.Diffusers([128, 256, 256, 256], [false, true, false, false], 2, false, null, 3, 3, old: false)),
        "diffusers cifar10 old" => (new DdpmUnet(), 32, 3, OriginalNames.Diffusers([128, 256, 256, 256], [false, true, false, false], 2, false, null, 3, 3, old: true)),
        "diffusers improved" => (new ImprovedUnet(), 32, 6, OriginalNames.Diffusers([128, 256, 256, 256], [false, true, true, false], 3, true, null, 3, 6, old: false)),
        _ => (new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4, Classes = 7 }, 8, 3,
            OriginalNames.Diffusers([8, 16], [false, true], 1, false, 7, 3, 3, old: false)),
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void Match_NamesAndShapesOfTheOriginal_FitOneToOne(string preset, string kind)
    {
        (Network network, int size, int outChannels, Dictionary<string, long[]> names) = Preset(preset);
        using nn.Module<Tensor, Tensor, Tensor> module = network.Build(3, outChannels, size, 0, new DropoutContext(0));
        Dictionary<string, ForeignTensor> theirs = names.ToDictionary(entry => entry.Key, entry => new ForeignTensor(entry.Key, SafetensorType.F32, entry.Value));
        TensorNaming naming = TensorNaming.All(knowsNoLabel: false).First(naming => naming.Has(network) && naming is OwnNaming == (kind != "diffusers"));
        TensorMatch match = TensorMatch.Of(
            module.named_parameters().Select(parameter => (parameter.name, (IReadOnlyList<long>)parameter.parameter.shape)), theirs, naming, network);
        Assert.Null(match.WhatIsWrong);
        Assert.Equal(names.Keys.Order(), match.Found.Values.SelectMany(parts => parts).Select(part => part.Tensor.Name).Order());
    }

    public static TheoryData<string> Goldens => GoldenFile.Cases("networks", "nets", name => name.StartsWith("ddpm_unet", StringComparison.Ordinal) || name.StartsWith("improved UNetModel", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Import_OriginalsStateDict_PredictsWhatTheOriginalPredicted(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonObject goldens = NetworkGoldens.Read();
        JsonNode golden = goldens["nets"]![name]!;
        bool improved = name.StartsWith("improved", StringComparison.Ordinal);
        int? classes = NetworkGoldens.Value(name, "classes") is { Length: > 0 } text and not "None" ? int.Parse(text) : null;
        bool scaleShift = NetworkGoldens.Value(name, "scale_shift") == "True";
        Network network = improved
            ? new ImprovedUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, ScaleShiftNorm = scaleShift, Classes = classes ?? 0 }
            : new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4] };
        Dictionary<string, long[]> names = improved
            ? OriginalNames.Improved(32, [1, 2], 1, [2], scaleShift, classes, 3, 6)
            : OriginalNames.Ddim(32, [1, 2], 1, [4], 8, 3, 3);

        // Fill the original's tensors, in its order, with the golden's values; a prefix stands for the wrapper that such files often have.
        JsonArray order = golden["param_order"]!.AsArray();
        Assert.Equal(order.Select(entry => entry![0]!.GetValue<string>()).Order(), names.Keys.Order());
        Write(At("original.safetensors"), order.Select((entry, k) => ("module." + entry![0]!.GetValue<string>(), names[entry[0]!.GetValue<string>()], k)));
        RunSpec spec = Spec(network, improved ? new LearnedRangeVariance() : null);
        CheckpointImport.Import(spec, At("original.safetensors"), null, 5, At("c.safetensors"));

        using TrainedNetwork trained = TrainedNetwork.Load(spec, At("c.safetensors"), "cpu");
        Tensor t = tensor(goldens["t"]!.AsArray().Select(value => value!.GetValue<long>()).ToArray());
        Tensor? labels = golden["labels"] is JsonArray given ? tensor(given.Select(label => label!.GetValue<long>()).ToArray()) : null;
        // With these weights float32 is that coarse, see ImprovedUnetTests.
        NetworkGoldens.AssertClose(golden["output"]!["data"]!, trained.Predict(NetworkGoldens.Noise(7, 2, 3, 8, 8), t, labels), absolute: 2e-4); // as in ImprovedUnetTests
    }

    private static void Write(string path, IEnumerable<(string Name, long[] Shape, int Index)> tensors) =>
        Safetensors.Write(path, new Dictionary<string, string>(), [.. tensors.Select(entry => new SafetensorContent(entry.Name, SafetensorType.F32, entry.Shape, stream =>
        {
            long count = entry.Shape.Aggregate(1L, (product, extent) => product * extent);
            double shift = entry.Shape.Length == 1 && entry.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            for (int i = 0; i < count; i++)
                stream.Write(BitConverter.GetBytes((float)(0.05 * Math.Sin(0.37 * i + 1.3 * entry.Index + 0.7) + shift)));
        }))]);

    [Fact]
    public void Import_TrainingStateOfAnotherProgram_NamesThePrefixes()
    {
        // As ermongroup/ddim saves: [weights of a DataParallel, optimiser, epoch, step, averages]; lucidrains: {step, model, opt, ema: {…}}.
        Dictionary<string, long[]> names = OriginalNames.Ddim(8, [1], 1, [], 8, 3, 3);
        RunSpec spec = Spec(new DdpmUnet { Channels = 8, Multipliers = [1], Blocks = 1, Attention = [], Groups = 4 });
        Write(At("state.safetensors"), names.SelectMany((entry, k) => new[]
        {
            ($"0.module.{entry.Key}", entry.Value, k), ($"4.{entry.Key}", entry.Value, k), ($"1.state.{k}.exp_avg", entry.Value, k),
        }));
        string message = Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(spec, At("state.safetensors"), null, 5, At("c.safetensors"))).Message;
        Assert.Contains("none of the tensors of ddpm_unet", message, StringComparison.Ordinal);
        Assert.Contains($"there are {names.Count} behind \"0.module.\", {names.Count} behind \"4.\": choose by the prefix", message, StringComparison.Ordinal);
        Assert.Equal(names.Count, CheckpointImport.Import(spec, At("state.safetensors"), "4.", 5, At("c.safetensors")).Tensors);

        // A wrong prefix is told the right ones too.
        Assert.Contains("behind \"4.\"", Assert.Throws<InvalidDataException>(
            () => CheckpointImport.Import(spec, At("state.safetensors"), "5.", 5, At("d.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_WeightsBesideTheirAverages_SaysWhichCanBeChosen()
    {
        Dictionary<string, long[]> names = OriginalNames.Ddim(8, [1], 1, [], 8, 3, 3);
        RunSpec spec = Spec(new DdpmUnet { Channels = 8, Multipliers = [1], Blocks = 1, Attention = [], Groups = 4 });
        Write(At("both.safetensors"), names.SelectMany((entry, k) => new[] { (entry.Key, entry.Value, k), ($"ema.{entry.Key}", entry.Value, k) }));
        string message = Assert.Throws<InvalidDataException>(() => CheckpointImport.Import(spec, At("both.safetensors"), null, 5, At("c.safetensors"))).Message;
        Assert.Contains("have no place in the network", message, StringComparison.Ordinal);
        Assert.Contains($"there are {names.Count} behind \"ema.\": choose by the prefix", message, StringComparison.Ordinal);
    }
}
