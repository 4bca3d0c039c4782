using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>The forward process q: its coefficient tables in float64, and the Gaussians that follow from them.</summary>
/// <remarks>
/// Ho et al. 2020 (arXiv:2006.11239), section 2. alphaBar_t is the product of (1 - beta) up to and including t; alphaBar_{-1} = 1.
/// Tables are gathered in float64 and cast last: in half precision the first sigmas would be zero.
/// </remarks>
public sealed class GaussianDiffusion
{
    // Copies of the tables on the devices; small, and kept as long as the process.
    private readonly ConcurrentDictionary<(object Table, string Device), Tensor> _onDevice = new();

    /// <summary>Builds the tables.</summary>
    /// <param name="betas">beta_t for t = 0..T-1, each in (0, 1].</param>
    /// <exception cref="ArgumentException">There is no beta, or one is outside (0, 1].</exception>
    public GaussianDiffusion(IReadOnlyList<double> betas)
    {
        if (betas.Count == 0)
            throw new ArgumentException("A process needs at least one beta.", nameof(betas));
        for (int t = 0; t < betas.Count; t++)
        {
            if (!(betas[t] > 0 && betas[t] <= 1))
                throw new ArgumentException(FormattableString.Invariant($"beta_{t} must be greater than 0 and at most 1; got {betas[t]}."), nameof(betas));
        }

        double[] alphasCumprod = new double[betas.Count];
        double product = 1;
        for (int t = 0; t < betas.Count; t++)
            alphasCumprod[t] = product *= 1 - betas[t];

        Betas = [.. betas];
        AlphasCumprod = alphasCumprod;
        AlphasCumprodPrev = [1, .. alphasCumprod[..^1]];
        AlphasCumprodNext = [.. alphasCumprod[1..], 0];
        SqrtAlphasCumprod = Table(t => Math.Sqrt(AlphasCumprod[t]));
        SqrtOneMinusAlphasCumprod = Table(t => Math.Sqrt(1 - AlphasCumprod[t]));
        LogOneMinusAlphasCumprod = Table(t => Math.Log(1 - AlphasCumprod[t]));
        SqrtRecipAlphasCumprod = Table(t => Math.Sqrt(1 / AlphasCumprod[t]));
        SqrtRecipm1AlphasCumprod = Table(t => Math.Sqrt(1 / AlphasCumprod[t] - 1));
        SignalToNoise = Table(t => AlphasCumprod[t] / (1 - AlphasCumprod[t]));
        LogBetas = Table(t => Math.Log(Betas[t]));

        // Eq. 7.
        PosteriorVariance = Table(t => Betas[t] * (1 - AlphasCumprodPrev[t]) / (1 - AlphasCumprod[t]));
        PosteriorMeanCoef1 = Table(t => Betas[t] * Math.Sqrt(AlphasCumprodPrev[t]) / (1 - AlphasCumprod[t]));
        PosteriorMeanCoef2 = Table(t => (1 - AlphasCumprodPrev[t]) * Math.Sqrt(1 - Betas[t]) / (1 - AlphasCumprod[t]));
        RecipPosteriorMeanCoef1 = Table(t => 1 / PosteriorMeanCoef1[t]);
        PosteriorMeanCoef2OverCoef1 = Table(t => PosteriorMeanCoef2[t] / PosteriorMeanCoef1[t]);

        // The posterior's variance is 0 at t = 0: the value of t = 1 stands in, as in Ho et al. A clamp at 1e-20 would ruin the likelihood's L_0.
        double first = Timesteps > 1 ? PosteriorVariance[1] : Betas[0];
        PosteriorLogVarianceClipped = Table(t => Math.Log(t == 0 ? first : PosteriorVariance[t]));
        FixedLargeVariance = Table(t => t == 0 ? first : Betas[t]);
        FixedLargeLogVariance = Table(t => Math.Log(FixedLargeVariance[t]));
    }

    /// <summary>T.</summary>
    public int Timesteps => Betas.Count;

    /// <summary>beta_t.</summary>
    public IReadOnlyList<double> Betas { get; }

    /// <summary>alphaBar_t.</summary>
    public IReadOnlyList<double> AlphasCumprod { get; }

    /// <summary>alphaBar_{t-1}; 1 at t = 0.</summary>
    public IReadOnlyList<double> AlphasCumprodPrev { get; }

    /// <summary>alphaBar_{t+1}; 0 at t = T-1.</summary>
    public IReadOnlyList<double> AlphasCumprodNext { get; }

    /// <summary>sqrt(alphaBar_t).</summary>
    public IReadOnlyList<double> SqrtAlphasCumprod { get; }

    /// <summary>sqrt(1 - alphaBar_t).</summary>
    public IReadOnlyList<double> SqrtOneMinusAlphasCumprod { get; }

    /// <summary>ln(1 - alphaBar_t).</summary>
    public IReadOnlyList<double> LogOneMinusAlphasCumprod { get; }

    /// <summary>sqrt(1 / alphaBar_t); infinite where alphaBar_t = 0.</summary>
    public IReadOnlyList<double> SqrtRecipAlphasCumprod { get; }

    /// <summary>sqrt(1 / alphaBar_t - 1); infinite where alphaBar_t = 0.</summary>
    public IReadOnlyList<double> SqrtRecipm1AlphasCumprod { get; }

    /// <summary>alphaBar_t / (1 - alphaBar_t).</summary>
    public IReadOnlyList<double> SignalToNoise { get; }

    /// <summary>ln beta_t.</summary>
    public IReadOnlyList<double> LogBetas { get; }

    /// <summary>Variance of q(x_{t-1} | x_t, x_0); 0 at t = 0.</summary>
    public IReadOnlyList<double> PosteriorVariance { get; }

    /// <summary>Its natural logarithm, with the value of t = 1 at t = 0.</summary>
    public IReadOnlyList<double> PosteriorLogVarianceClipped { get; }

    /// <summary>Weight of x_0 in the posterior's mean.</summary>
    public IReadOnlyList<double> PosteriorMeanCoef1 { get; }

    /// <summary>Weight of x_t in the posterior's mean.</summary>
    public IReadOnlyList<double> PosteriorMeanCoef2 { get; }

    /// <summary>1 / PosteriorMeanCoef1: weight of the posterior's mean in x_0.</summary>
    public IReadOnlyList<double> RecipPosteriorMeanCoef1 { get; }

    /// <summary>PosteriorMeanCoef2 / PosteriorMeanCoef1: weight of -x_t in x_0 beside the posterior's mean.</summary>
    public IReadOnlyList<double> PosteriorMeanCoef2OverCoef1 { get; }

    /// <summary>beta_t, with the posterior's variance of t = 1 at t = 0.</summary>
    public IReadOnlyList<double> FixedLargeVariance { get; }

    /// <summary>Its natural logarithm.</summary>
    public IReadOnlyList<double> FixedLargeLogVariance { get; }

    /// <summary>The same process seen only at some timesteps.</summary>
    /// <param name="timesteps">Kept timesteps of this process, ascending.</param>
    /// <remarks>New beta_i = 1 - alphaBar_{m(i)} / alphaBar_{m(i-1)}; Nichol and Dhariwal 2021, section 4.</remarks>
    public GaussianDiffusion Respaced(IReadOnlyList<int> timesteps)
    {
        double[] betas = new double[timesteps.Count];
        double last = 1;
        for (int i = 0; i < betas.Length; i++)
        {
            betas[i] = 1 - AlphasCumprod[timesteps[i]] / last;
            last = AlphasCumprod[timesteps[i]];
        }

        return new GaussianDiffusion(betas);
    }

    /// <summary>Draws x_t from q(x_t | x_0).</summary>
    /// <param name="x0">Images, (N, C, H, W) floating, in [-1, 1].</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="eps">Standard normal noise, shaped as x0.</param>
    /// <returns>x_t, shaped as x0; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    /// <remarks>Ho et al. 2020, eq. 4.</remarks>
    public Tensor QSample(Tensor x0, Tensor t, Tensor eps)
    {
        RequireSameShape(x0, eps);
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = Extract(SqrtAlphasCumprod, t, x0) * x0 + Extract(SqrtOneMinusAlphasCumprod, t, x0) * eps;
        return xt.MoveToOuterDisposeScope();
    }

    /// <summary>Mean, variance and log variance of q(x_t | x_0).</summary>
    /// <param name="x0">Images, (N, C, H, W) floating, in [-1, 1].</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <returns>The mean shaped as x0, the others (N, 1, 1, 1); the caller disposes them.</returns>
    public (Tensor Mean, Tensor Variance, Tensor LogVariance) QMeanVariance(Tensor x0, Tensor t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = Extract(SqrtAlphasCumprod, t, x0) * x0;
        Tensor sqrtVariance = Extract(SqrtOneMinusAlphasCumprod, t, x0.to_type(ScalarType.Float64));
        Tensor variance = sqrtVariance.square().to(x0.dtype);
        Tensor logVariance = Extract(LogOneMinusAlphasCumprod, t, x0);
        return (mean.MoveToOuterDisposeScope(), variance.MoveToOuterDisposeScope(), logVariance.MoveToOuterDisposeScope());
    }

    /// <summary>Mean of q(x_{t-1} | x_t, x_0).</summary>
    /// <param name="x0">Images, (N, C, H, W) floating.</param>
    /// <param name="xt">The same images noised to t, shaped as x0.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <returns>Shaped as x0; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    /// <remarks>Ho et al. 2020, eq. 7.</remarks>
    public Tensor QPosteriorMean(Tensor x0, Tensor xt, Tensor t)
    {
        RequireSameShape(x0, xt);
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = Extract(PosteriorMeanCoef1, t, xt) * x0 + Extract(PosteriorMeanCoef2, t, xt) * xt;
        return mean.MoveToOuterDisposeScope();
    }

    /// <summary>Mean, variance and clipped log variance of q(x_{t-1} | x_t, x_0).</summary>
    /// <param name="x0">Images, (N, C, H, W) floating.</param>
    /// <param name="xt">The same images noised to t, shaped as x0.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <returns>The mean shaped as x0, the others (N, 1, 1, 1); the caller disposes them.</returns>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public (Tensor Mean, Tensor Variance, Tensor LogVariance) QPosteriorMeanVariance(Tensor x0, Tensor xt, Tensor t)
        => (QPosteriorMean(x0, xt, t), Extract(PosteriorVariance, t, xt), Extract(PosteriorLogVarianceClipped, t, xt));

    /// <summary>Looks up a table at each image's timestep.</summary>
    /// <param name="table">One of this process's tables.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64, on any device.</param>
    /// <param name="like">Gives floating type and device.</param>
    /// <returns>(N, 1, 1, 1) of like's type on like's device; the caller disposes it.</returns>
    public Tensor Extract(IReadOnlyList<double> table, Tensor t, Tensor like)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor onDevice = _onDevice.GetOrAdd((table, like.device.ToString()), static (key, values) => OnDevice(values.table, values.device), (table, device: like.device));
        return onDevice[t.to(like.device)].to(like.dtype).reshape(-1, 1, 1, 1).MoveToOuterDisposeScope();
    }

    // A scope of the caller must not take the copy with it.
    private static Tensor OnDevice(IReadOnlyList<double> table, Device device)
        => tensor((double[])[.. table], dtype: ScalarType.Float64, device: device).DetachFromDisposeScope();

    private double[] Table(Func<int, double> value) => [.. Enumerable.Range(0, Betas.Count).Select(value)];

    private static void RequireSameShape(Tensor a, Tensor b)
    {
        if (!a.shape.AsSpan().SequenceEqual(b.shape))
            throw new ArgumentException($"Shapes disagree: ({string.Join(", ", a.shape)}) and ({string.Join(", ", b.shape)}).");
    }
}
