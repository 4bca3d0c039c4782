using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.SampleModes;

/// <summary>Draws in a mode from the ideal network of a Gaussian, which treats every pixel by itself, so that batches cannot differ even in a last bit.</summary>
internal sealed class Drawn
{
    public const int T = 100;

    private readonly AnalyticGaussian _gaussian = new(new LinearSchedule { BetaStart = 1e-3, BetaEnd = 0.2 }.Betas(T));

    public Drawn(SampleMode mode, Sampler? sampler = null, int count = 3, int batchSize = 64, int labelCount = 0, int columns = 8, Action? onCall = null, CancellationToken stop = default)
    {
        Sampling = new SamplingSpec
        {
            Mode = mode, Sampler = sampler ?? new DdimSampler { Steps = 10, ClipDenoised = false }, Count = count, BatchSize = batchSize, Columns = columns,
        };
        Context = new SampleContext
        {
            Sampling = Sampling,
            Model = _gaussian.Model,
            Network = labels =>
            {
                Labels.AddRange(labels);
                return (xt, t) =>
                {
                    Asked += xt.shape[0];
                    onCall?.Invoke();
                    return _gaussian.Network(xt, t);
                };
            },
            LabelCount = labelCount,
            Data = "optdigits",
            Images = split => new Optdigits().Load(split, null),
            Shape = (1, 8, 8),
            Seed = 5,
            Stop = stop,
        };
    }

    public SamplingSpec Sampling { get; }

    public SampleContext Context { get; }

    /// <summary>Images that the network was asked about.</summary>
    public long Asked { get; private set; }

    /// <summary>The labels that it was given, batch after batch.</summary>
    public List<long> Labels { get; } = [];

    public DrawnImages Draw()
    {
        set_num_threads(1);
        return Sampling.Mode.Draw(Context);
    }

    /// <summary>The bytes of a further tensor of the file.</summary>
    public static byte[] Bytes(DrawnImages drawn, string tensor)
    {
        using MemoryStream stream = new();
        drawn.Tensors.Single(content => content.Name == tensor).WriteTo(stream);
        return stream.ToArray();
    }

    /// <summary>One image of many.</summary>
    public static byte[] Image(byte[] images, int index) => images[(64 * index)..(64 * (index + 1))];
}
