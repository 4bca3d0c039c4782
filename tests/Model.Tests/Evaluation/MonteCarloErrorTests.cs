using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation;

/// <summary>
/// The bound and its Monte-Carlo error where both are known: with the ideal network of one Gaussian the error of the predicted image is linear in the noise, so each term is the square of
/// a normal number, and the decoder's term is an integral over one.
/// </summary>
public sealed class MonteCarloErrorTests
{
    private const int Levels = 9;
    private const int Dims = 12;
    private const int Images = 24;
    private const int Draws = 40;
    private static readonly DiffusionModel Model = new(new GaussianDiffusion(new CosineSchedule().Betas(12)), new X0Prediction(), new FixedSmallVariance());
    private static readonly ImageSet Data = new([.. Enumerable.Range(0, Images * Dims).Select(i => (byte)(i * 7 % Levels))], Images, (3, 2, 2), Levels, [], "hash");

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void Measure_IdealNetworkOfOneGaussian_FindsValueAndErrorThatAreKnown(int? timestepsPerImage)
    {
        MetricValue value = Measure(new NllMetric { ClipDenoised = false, Draws = Draws, TimestepsPerImage = timestepsPerImage });
        (double mean, double error) = Expected(timestepsPerImage);

        // The variance between 40 draws of each of 24 images: 936 degrees of freedom, of numbers with heavier tails than normal ones.
        double reported = value.Parts["monte_carlo_standard_error_bits_per_dim"];
        Assert.InRange(reported / error, 0.88, 1.12);
        Assert.InRange((value.Value - mean) / error, -4, 4);
        Assert.Equal(Draws, value.Protocol["noise_draws_per_term"]!.GetValue<int>());
    }

    [Fact]
    public void Measure_MoreDraws_BeginWithTheOneDraw()
    {
        MetricValue one = Measure(new NllMetric { Draws = 1, TimestepsPerImage = 3 });
        Assert.DoesNotContain("monte_carlo_standard_error_bits_per_dim", one.Parts.Keys);

        // Of two draws the first is the one draw: with it and their mean the second follows, and the error of two is half their distance where there is one image.
        NllMetric two = new() { Draws = 2, TimestepsPerImage = 3, Images = 1 };
        MetricValue both = Measure(two);
        double first = Measure(two with { Draws = 1 }).Value;
        Assert.Equal(Math.Abs(both.Value - first), both.Parts["monte_carlo_standard_error_bits_per_dim"], 1e-12);
        Assert.NotEqual(first, both.Value);
        Assert.Equal(both.Parts["prior_bits_per_dim"] + both.Parts["kl_bits_per_dim"] + both.Parts["decoder_bits_per_dim"], both.Value, 1e-12);
    }

    private static MetricValue Measure(NllMetric metric) => metric.Measure(new MetricContext { Model = Model, Network = Ideal, Images = _ => Data, Seed = 3 });

    // E[x_0 | x_t] for data N(0.1, 0.5^2).
    private static Tensor Ideal(Tensor xt, Tensor t)
    {
        Tensor a = Model.Process.Extract(Model.Process.SqrtAlphasCumprod, t, xt);
        Tensor s = Model.Process.Extract(Model.Process.SqrtOneMinusAlphasCumprod, t, xt);
        double variance = Math.Pow(AnalyticGaussian.Deviation, 2);
        return AnalyticGaussian.Mean + variance * a / (variance * a.square() + s.square()) * (xt - a * AnalyticGaussian.Mean);
    }

    // Mean of the bound over the noise and the timesteps, and the standard error that they leave, bits/dim.
    private static (double Mean, double Error) Expected(int? timestepsPerImage)
    {
        int timesteps = Model.Process.Timesteps;
        double[] priors = VariationalBound.Prior(Model.Process, Data.Batch([.. Enumerable.Range(0, Images)])).data<double>().ToArray();
        (double sum, double variance) = (priors.Sum(), 0);
        (double Mean, double Variance)[,] known = new (double, double)[timesteps, Levels];
        for (int t = 0; t < timesteps; t++)
        {
            for (int level = 0; level < Levels; level++)
                known[t, level] = t == 0 ? DecoderTerm(level) : KlTerm(t, level);
        }

        for (int image = 0; image < Images; image++)
        {
            // Of each t the mean over the pixels, whose noises are independent.
            (double Mean, double Variance)[] terms = [.. Enumerable.Range(0, timesteps).Select(t => Term(known, t, image))];
            foreach (int[] stratum in Strata(timesteps, timestepsPerImage))
            {
                // One t of the stratum, drawn uniformly, counts as often as the stratum is wide.
                double width = stratum.Length;
                double mean = stratum.Average(t => terms[t].Mean);
                sum += width * mean;
                variance += width * width * (stratum.Average(t => terms[t].Variance + terms[t].Mean * terms[t].Mean) - mean * mean);
            }
        }

        return (sum / Images, Math.Sqrt(variance / Draws) / Images);
    }

    private static IEnumerable<int[]> Strata(int timesteps, int? count)
    {
        // The strata's widths, from any draw of them.
        int first = 0;
        foreach ((_, int width) in new TimestepStrata(timesteps, count).Of(0, 0))
        {
            yield return [.. Enumerable.Range(first, width)];
            first += width;
        }
    }

    private static (double Mean, double Variance) Term((double Mean, double Variance)[,] known, int t, int image)
    {
        byte[] levels = Data.Pixels(image).ToArray();
        return (levels.Average(level => known[t, level].Mean), levels.Sum(level => known[t, level].Variance) / (Dims * Dims));
    }

    // The variances agree, so the divergence is c1^2 (x_0 - E[x_0 | x_t])^2 / (2 sigma^2), and x_0 - E[x_0 | x_t] = u + w eps.
    private static (double Mean, double Variance) KlTerm(int t, int level)
    {
        GaussianDiffusion process = Model.Process;
        (double u, double w) = ErrorOf(t, level);
        double scale = Math.Pow(process.PosteriorMeanCoef1[t], 2) / (2 * process.PosteriorVariance[t]) / Math.Log(2);
        return (scale * (u * u + w * w), scale * scale * (2 * w * w * w * w + 4 * u * u * w * w));
    }

    private static (double U, double W) ErrorOf(int t, int level)
    {
        (double a, double s) = (Model.Process.SqrtAlphasCumprod[t], Model.Process.SqrtOneMinusAlphasCumprod[t]);
        double variance = Math.Pow(AnalyticGaussian.Deviation, 2);
        double spread = variance * a * a + s * s;
        return ((X0(level) - AnalyticGaussian.Mean) * s * s / spread, -variance * a * s / spread);
    }

    // At t = 0 the mean is the predicted image itself; integrate the pixel's code length over the noise.
    private static (double Mean, double Variance) DecoderTerm(int level)
    {
        using DisposeScope scope = NewDisposeScope();
        (double u, double w) = ErrorOf(0, level);
        Tensor eps = linspace(-9, 9, 20_001, ScalarType.Float64);
        Tensor density = (-eps.square() / 2).exp();
        density = density / density.sum();
        Tensor pixel = full_like(eps, X0(level));
        Tensor scale = full_like(eps, 0.5 * Model.Process.PosteriorLogVarianceClipped[0]);
        Tensor bits = -DiscretizedGaussian.LogLikelihood(pixel, pixel - u - w * eps, scale, Levels, Decoder.Exact) / Math.Log(2);
        double mean = (density * bits).sum().ReadCpuDouble(0);
        return (mean, (density * (bits - mean).square()).sum().ReadCpuDouble(0));
    }

    private static double X0(int level) => 2.0 * level / (Levels - 1) - 1;
}
