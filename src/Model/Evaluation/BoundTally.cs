using DdpmJobs.Model.Diffusion;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Collects the bound's terms of many images.</summary>
/// <param name="images">How many images.</param>
/// <param name="draws">How often each term is drawn.</param>
/// <param name="process">The forward process.</param>
internal sealed class BoundTally(int images, int draws, GaussianDiffusion process)
{
    private readonly double[] _drawn = new double[checked(images * draws)];
    private readonly double[] _bitsAtT = new double[process.Timesteps];
    private readonly double[] _widenedBitsAtT = new double[process.Timesteps];
    private readonly double[] _x0MseAtT = new double[process.Timesteps];
    private readonly long[] _visitsOfT = new long[process.Timesteps];

    /// <summary>L_T of each image, bits/dim.</summary>
    public double[] Prior { get; } = new double[images];

    /// <summary>Sum of L_t over t = 1..T-1 of each image, or its estimate, bits/dim; mean over the draws.</summary>
    public double[] Kl { get; } = new double[images];

    /// <summary>L_0 of each image, bits/dim; mean over the draws.</summary>
    public double[] Decoder { get; } = new double[images];

    /// <summary>The whole bound of each image, bits/dim.</summary>
    public IEnumerable<double> Totals => Prior.Select((prior, i) => prior + Kl[i] + Decoder[i]);

    /// <summary>Adds the term of one image at one t.</summary>
    /// <param name="image">Zero-based.</param>
    /// <param name="draw">Zero-based number of the draw.</param>
    /// <param name="t">Zero-based timestep.</param>
    /// <param name="width">How many timesteps the term stands for.</param>
    /// <param name="bitsPerDim">The term.</param>
    /// <param name="x0Mse">Squared error of the predicted image, mean over dimensions.</param>
    public void Add(int image, int draw, int t, int width, double bitsPerDim, double x0Mse)
    {
        (t == 0 ? Decoder : Kl)[image] += width * bitsPerDim / draws;
        _drawn[image * draws + draw] += width * bitsPerDim;

        _bitsAtT[t] += bitsPerDim;
        _widenedBitsAtT[t] += width * bitsPerDim;
        _x0MseAtT[t] += x0Mse;
        _visitsOfT[t]++;
    }

    /// <summary>Standard error of the mean bound over images, bits/dim: what other images, noise and timesteps would change. Null for one image.</summary>
    public double? StandardError() => images < 2 ? null : Math.Sqrt(Spread.VarianceOfMean([.. Totals]));

    /// <summary>The part of the standard error that chance leaves where the images stay: what other noise and other drawn timesteps would change, bits/dim. Null for one draw.</summary>
    /// <remarks>
    /// Draws of an image are independent and alike, so the variance between them, divided by their number, estimates without bias the variance of their mean; images are
    /// independent of each other, so these add up. No draw of one t is compared with another, so nothing is assumed of how terms go together.
    /// </remarks>
    public double? MonteCarloStandardError()
    {
        if (draws < 2)
            return null;
        double variances = Enumerable.Range(0, images).Sum(image => Spread.VarianceOfMean(_drawn.AsSpan(image * draws, draws)));
        return Math.Sqrt(variances) / images;
    }

    /// <summary>Mean term of each t that was visited, bits/dim.</summary>
    public (long[] Step, double[] Value) BitsPerDimAtT() => AtT(t => _bitsAtT[t] / _visitsOfT[t]);

    /// <summary>Mean squared error of the predicted image at each t that was visited.</summary>
    public (long[] Step, double[] Value) X0MseAtT() => AtT(X0Mse);

    /// <summary>Mean squared error of the noise that the predicted image implies, at each t that was visited.</summary>
    public (long[] Step, double[] Value) EpsMseAtT() => AtT(t => VariationalBound.EpsMse(process, t, X0Mse(t)));

    /// <summary>L_T and all terms above each t that was visited, bits/dim: without bias at a given t, and the same from one visited t up to the next.</summary>
    /// <remarks>Ho et al. 2020, section 4.3.</remarks>
    public (long[] Step, double[] Value) RateAtT()
    {
        double[] rate = new double[process.Timesteps];
        rate[^1] = Prior.Average();
        for (int t = rate.Length - 2; t >= 0; t--)
            rate[t] = rate[t + 1] + _widenedBitsAtT[t + 1] / ((double)images * draws);
        return AtT(t => rate[t]);
    }

    /// <summary>Root mean squared error of the predicted image on the scale 0..255, at each t that was visited.</summary>
    public (long[] Step, double[] Value) DistortionAtT() => AtT(t => RateDistortion.HalfScale * Math.Sqrt(X0Mse(t)));

    private double X0Mse(int t) => _x0MseAtT[t] / _visitsOfT[t];

    private (long[] Step, double[] Value) AtT(Func<int, double> value)
    {
        int[] visited = [.. Enumerable.Range(0, process.Timesteps).Where(t => _visitsOfT[t] > 0)];
        return ([.. visited.Select(t => (long)t)], [.. visited.Select(value)]);
    }
}
