using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using SkiaSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>A network with its batch, as it is timed here and in the peer.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Spec">The run.</param>
/// <param name="Images">Channels and size of the images.</param>
/// <param name="Steps">Training steps of one round.</param>
/// <param name="Evaluations">Network evaluations of one round.</param>
internal sealed record Setting(string Name, RunSpec Spec, (int Channels, int Size) Images, int Steps, int Evaluations)
{
    public const int Threads = 2;

    private const string Pictures = "pictures";

    public static readonly IReadOnlyList<Setting> All =
    [
        Of("cifar10", new DdpmUnet(), (3, 32), 16, 3, 3),
        Of("small", new DdpmUnet { Channels = 32, Multipliers = [1, 2, 2] }, (1, 32), 64, 2, 4),
        Of("digits", new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0, Groups = 8 }, (1, 8), 128, 10, 30),
    ];

    public int Batch => Spec.Training.BatchSize;

    public DdpmUnet Network => (DdpmUnet)Spec.Network;

    /// <summary>The settings that are named, or all.</summary>
    /// <exception cref="ArgumentException">There is no such setting.</exception>
    public static IReadOnlyList<Setting> Named(string[] names)
    {
        foreach (string name in names)
        {
            if (All.All(setting => setting.Name != name))
                throw new ArgumentException($"There is no setting \"{name}\"; the settings are {string.Join(", ", All.Select(setting => setting.Name))}.");
        }

        return names.Length == 0 ? All : [.. All.Where(setting => names.Contains(setting.Name))];
    }

    /// <summary>The same for the peer, as JSON.</summary>
    public string ForPeer() => new JsonObject
    {
        ["channels"] = Network.Channels,
        ["multipliers"] = new JsonArray([.. Network.Multipliers.Select(multiplier => JsonValue.Create(multiplier))]),
        ["blocks"] = Network.Blocks,
        ["attention"] = new JsonArray([.. Network.Attention.Select(size => JsonValue.Create(size))]),
        ["dropout"] = Network.Dropout,
        ["groups"] = Network.Groups,
        ["image_channels"] = Images.Channels,
        ["size"] = Images.Size,
        ["batch"] = Batch,
        ["threads"] = Threads,
    }.ToJsonString();

    /// <summary>Builds the network in evaluation mode.</summary>
    public nn.Module<Tensor, Tensor, Tensor> Build()
    {
        nn.Module<Tensor, Tensor, Tensor> module = Network.Build(Images.Channels, Images.Channels, Images.Size, 0, new DropoutContext(0));
        module.eval();
        return module;
    }

    /// <summary>Writes pictures of noise to train on.</summary>
    public void WritePictures(string dataFolder)
    {
        string folder = Directory.CreateDirectory(Path.Combine(dataFolder, Pictures)).FullName;
        Random random = new(0);
        for (int i = 0; i < 2 * Batch; i++)
        {
            using SKBitmap bitmap = new(Images.Size, Images.Size);
            for (int y = 0; y < Images.Size; y++)
            {
                for (int x = 0; x < Images.Size; x++)
                {
                    byte grey = (byte)random.Next(256);
                    bitmap.SetPixel(x, y, Images.Channels == 1 ? new SKColor(grey, grey, grey) : new SKColor(grey, (byte)random.Next(256), (byte)random.Next(256)));
                }
            }

            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), png.ToArray());
        }
    }

    private static Setting Of(string name, DdpmUnet network, (int Channels, int Size) images, int batch, int steps, int evaluations) => new(
        name,
        new RunSpec
        {
            Data = new ImageFolder { Folder = Pictures, Height = images.Size, Width = images.Size, Channels = images.Channels, TestFraction = 0 },
            Network = network,
            Training = new TrainingSpec { Steps = 1_000_000, BatchSize = batch, LogEvery = steps },
        },
        images, steps, evaluations);
}
