using System.Runtime.InteropServices;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>A small network that was trained on the labelled training images themselves, so that quality can be measured where no published network fits or none is to be had.</summary>
/// <remarks>Its numbers compare networks of one data set with each other, by the same <see cref="FeatureNetwork.Hash"/> only; no other program has them.</remarks>
public sealed class ClassifierNetwork : FeatureNetwork
{
    private const string DataHashKey = "data_hash";
    private const string VersionKey = "recipe_version";
    private const string WeightsKey = "weights_sha256";

    private readonly ClassifierModule _module;

    private ClassifierNetwork(ImageSet images, int classes, string hash, string device)
        : base(device)
    {
        (InputShape, Classes, Hash) = (images.Shape, classes, hash);
        _module = new ClassifierModule(0, images.Shape.C, Math.Max(images.Shape.H, images.Shape.W), classes);
        _module.to(Device);
        _module.eval();
    }

    /// <inheritdoc/>
    public override string Name => "classifier";

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public override (int C, int H, int W) InputShape { get; }

    /// <inheritdoc/>
    public override int Dimensions => ClassifierModule.Dimensions;

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override string Scaling => "x / 127.5 - 1";

    /// <inheritdoc/>
    public override int LargestPass => 256;

    /// <summary>Takes the network of a data set out of the cache, or trains it and puts it there. Of two processes that want the same, one trains and the other waits for it.</summary>
    /// <remarks>Where files are shared the shared one counts: two machines round differently, and values of two networks are not compared.</remarks>
    /// <param name="images">The training images with their labels.</param>
    /// <param name="classes">Number of classes; every label is below it.</param>
    /// <param name="cacheFolder">Where trained weights are kept; made where it is missing.</param>
    /// <param name="shared">Files that all runners share; null where there is only this one.</param>
    /// <param name="device">Device name as libtorch writes it, for evaluation; the training is on the CPU.</param>
    /// <param name="progress">Called with (training steps done, in all); must return at once.</param>
    /// <param name="warn">Called with a sentence when the cache holds a damaged file, which is then made anew.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SpecException">The images have no labels, or one that is not below the number of classes.</exception>
    /// <exception cref="InvalidDataException">The training ended in weights that are not finite.</exception>
    public static ClassifierNetwork Open(
        ImageSet images, int classes, string cacheFolder, ISharedFiles? shared, string device, Action<long, long>? progress, Action<string> warn, CancellationToken stop)
    {
        Require(images, classes);
        string name = ClassifierRecipe.Current.FileName(images.ContentHash);
        if (shared?.Find(name) is string there)
        {
            try
            {
                return Load(ClassifierRecipe.Current, images, classes, there, device);
            }
            catch (InvalidDataException damage)
            {
                warn($"{damage.Message} It is offered anew.");
            }
        }

        ClassifierNetwork mine = Open(ClassifierRecipe.Current, images, classes, cacheFolder, device, progress, warn, stop);
        if (shared is null)
            return mine;
        mine.Dispose();
        return Load(ClassifierRecipe.Current, images, classes, shared.Offer(name, Path.Combine(cacheFolder, name)), device);
    }

    /// <summary>The same by another recipe.</summary>
    internal static ClassifierNetwork Open(
        ClassifierRecipe recipe, ImageSet images, int classes, string cacheFolder, string device, Action<long, long>? progress, Action<string> warn, CancellationToken stop)
    {
        Require(images, classes);
        string file = Path.Combine(Directory.CreateDirectory(cacheFolder).FullName, recipe.FileName(images.ContentHash));
        using FileStream held = FileHold.Take($"{file}.lock", stop);
        if (File.Exists(file))
        {
            try
            {
                return Load(recipe, images, classes, file, device);
            }
            catch (InvalidDataException damage)
            {
                warn($"{damage.Message} It is trained anew.");
            }
        }

        Write(file, recipe, images, ClassifierTraining.Train(recipe, images, classes, progress, stop));
        return Load(recipe, images, classes, file, device);
    }

    /// <inheritdoc/>
    private protected override FeatureOutputs Pass(Tensor images)
    {
        Tensor features = _module.FeaturesOf(images / 127.5 - 1);
        Tensor logits = _module.ClassesOf(features);
        return new FeatureOutputs(features, logits, logits.alias());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _module.Dispose();

    private static void Require(ImageSet images, int classes)
    {
        if (images.Labels.Count == 0)
            throw new SpecException("network", "is classifier, which is trained on labels, but the images have none");
        if (images.Labels.Max() >= classes)
            throw new SpecException("network", $"is a classifier of {classes} classes, but the images have label {images.Labels.Max()}");
    }

    private static void Write(string file, ClassifierRecipe recipe, ImageSet images, IReadOnlyList<(string Name, long[] Shape, byte[] Bytes)> weights)
    {
        Dictionary<string, string> facts = new() { [DataHashKey] = images.ContentHash, [VersionKey] = $"{recipe.Version}", [WeightsKey] = WeightHash.Of(weights) };
        Safetensors.Write(file, facts, [.. weights.Select(weight => new SafetensorContent(weight.Name, SafetensorType.F32, weight.Shape, stream => stream.Write(weight.Bytes)))]);
    }

    private static ClassifierNetwork Load(ClassifierRecipe recipe, ImageSet images, int classes, string file, string device)
    {
        using SafetensorsFile weights = SafetensorsFile.Open(file);
        string Fact(string key) => weights.Metadata.GetValueOrDefault(key) ?? throw weights.Damaged($"it does not say its {key}");
        if (Fact(DataHashKey) != images.ContentHash || Fact(VersionKey) != $"{recipe.Version}")
            throw weights.Damaged($"it is of recipe {Fact(VersionKey)} and the data {Fact(DataHashKey)} instead of {recipe.Version} and {images.ContentHash}");

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        ClassifierNetwork network = new(images, classes, Fact(WeightsKey), device);
        try
        {
            List<(string Name, long[] Shape, byte[] Bytes)> read = [];
            foreach ((string name, Parameter parameter) in network._module.named_parameters())
            {
                SafetensorEntry entry = weights.Find(name, SafetensorType.F32);
                if (!entry.Shape.SequenceEqual(parameter.shape))
                    throw weights.Damaged($"tensor {name} has shape [{string.Join(", ", entry.Shape)}] instead of [{string.Join(", ", parameter.shape)}]");
                byte[] bytes = new byte[entry.Length];
                weights.Read(entry, bytes);
                parameter.copy_(tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), parameter.shape));
                read.Add((name, parameter.shape, bytes));
                parameter.DetachFromDisposeScope();
            }

            if (WeightHash.Of(read) != network.Hash)
                throw weights.Damaged($"its weights have the hash {WeightHash.Of(read)} instead of {network.Hash}");
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
