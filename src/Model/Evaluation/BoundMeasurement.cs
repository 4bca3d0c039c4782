using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Measures the bound's terms of the first images of a set. The noise of image i at t is a pure function of (seed, i, draw, t).</summary>
/// <param name="context">Network, seed and place.</param>
/// <param name="images">The images.</param>
/// <param name="count">How many of them.</param>
internal sealed class BoundMeasurement(MetricContext context, ImageSet images, int count)
{
    private readonly record struct Visit(int Image, int Draw, int T, int Width);

    /// <summary>Which timesteps of each image.</summary>
    public required TimestepStrata Strata { get; init; }

    /// <summary>How often each term is drawn, with noise and timesteps of its own.</summary>
    public required int Draws { get; init; }

    /// <summary>Whether predicted images are clipped.</summary>
    public required bool ClipDenoised { get; init; }

    /// <summary>How L_0 is computed.</summary>
    public required Decoder Decoder { get; init; }

    /// <summary>Images a network call.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Measures every image.</summary>
    /// <exception cref="OperationCanceledException">The context's stop was asked for.</exception>
    public BoundTally Run()
    {
        using IDisposable noGrad = no_grad();
        BoundTally tally = new(count, Draws, context.Model.Process);
        MeasurePriors(tally);

        long done = 0;
        long all = (long)count * Draws * Strata.Visits;
        foreach (Visit[] visits in Visits().Chunk(BatchSize))
        {
            context.Stop.ThrowIfCancellationRequested();
            MeasureTerms(visits, tally);
            done += visits.Length;
            context.Progress?.Invoke(done, all);
        }

        return tally;
    }

    private IEnumerable<Visit> Visits()
    {
        for (int image = 0; image < count; image++)
        {
            for (int draw = 0; draw < Draws; draw++)
            {
                foreach ((int t, int width) in Strata.Of(context.Seed, Address(image, draw)))
                    yield return new Visit(image, draw, t, width);
            }
        }
    }

    private void MeasurePriors(BoundTally tally)
    {
        foreach (int[] batch in Enumerable.Range(0, count).Chunk(BatchSize))
        {
            using DisposeScope scope = NewDisposeScope();
            double[] prior = Values(VariationalBound.Prior(context.Model.Process, images.Batch(batch)));
            prior.CopyTo(tally.Prior, batch[0]);
        }
    }

    private void MeasureTerms(Visit[] visits, BoundTally tally)
    {
        using DisposeScope scope = NewDisposeScope();

        // Noise every image to its t.
        Tensor x0 = images.Batch([.. visits.Select(visit => visit.Image)]).to(device(context.Device));
        Tensor t = tensor([.. visits.Select(visit => (long)visit.T)], dtype: ScalarType.Int64, device: x0.device);
        Tensor xt = context.Model.Process.QSample(x0, t, Noise(visits).to(x0.device));

        // Ask the network, and keep each term with its image.
        Tensor output = Ask(visits, xt, t);
        (Tensor bits, Tensor x0Mse) = VariationalBound.Term(context.Model, output, x0, xt, t, ClipDenoised, images.Levels, Decoder);
        double[] bitsPerDim = Values(bits);
        double[] mse = Values(x0Mse);
        for (int row = 0; row < visits.Length; row++)
            tally.Add(visits[row].Image, visits[row].Draw, visits[row].T, visits[row].Width, bitsPerDim[row], mse[row]);
    }

    private Tensor Ask(Visit[] visits, Tensor xt, Tensor t)
    {
        if (context.ConditionalNetwork is null)
            return context.Network(xt, t);
        long[] labels = images.LabelsOf([.. visits.Select(visit => visit.Image)], context.LabelCount);
        return context.ConditionalNetwork(xt, t, tensor(labels, device: xt.device));
    }

    private Tensor Noise(Visit[] visits)
    {
        (int c, int h, int w) = images.Shape;
        int size = c * h * w;
        float[] noise = new float[visits.Length * size];
        for (int row = 0; row < visits.Length; row++)
            new RandomStream(context.Seed, RandomPurpose.Evaluation, Address(visits[row].Image, visits[row].Draw), visits[row].T).FillNormal(noise.AsSpan(row * size, size));
        return tensor(noise, [visits.Length, c, h, w]);
    }

    // The image number has the lower 32 bits of a stream's index, so that the first draw is what it was before there were others.
    private static long Address(int image, int draw) => ((long)draw << 32) | (uint)image;

    private static double[] Values(Tensor tensor) => tensor.cpu().data<double>().ToArray();
}
