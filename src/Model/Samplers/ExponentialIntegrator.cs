using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>One step of the probability flow, exact in its linear part and a Taylor expansion in what the network predicts.</summary>
/// <remarks>
/// Lu et al. 2022 (arXiv:2206.00927), eq. 3.4, where the network's eps is expanded, and Lu et al. 2022 (arXiv:2211.01095), eq. 9, where its x_0 is. The two are one formula:
/// with h = lambda_t - lambda_s, x_t = r x - w (phi_1(k) m + phi_2(k) m' + phi_3(k) m''), where r = alpha_t / alpha_s, w = sigma_t, k = h for eps and
/// r = sigma_t / sigma_s, w = alpha_t, k = -h for x_0; m' and m'' are derivatives by lambda times h and h^2.
/// </remarks>
/// <param name="denoiser">The network.</param>
/// <param name="expandsNoise">Whether eps is expanded (DPM-Solver) instead of x_0 (DPM-Solver++).</param>
internal sealed class ExponentialIntegrator(ContinuousDenoiser denoiser, bool expandsNoise)
{
    private readonly ContinuousTime _time = denoiser.Time;

    /// <summary>Calls the network once, for what this integrator expands.</summary>
    /// <param name="xt">(N, C, H, W) floating.</param>
    /// <param name="t">Time.</param>
    /// <returns>Shaped as xt; belongs to the dispose scope in force.</returns>
    public Tensor Evaluate(Tensor xt, double t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor predX0 = denoiser.PredX0(xt, t);
        return (expandsNoise ? denoiser.Eps(xt, predX0, t) : predX0).MoveToOuterDisposeScope();
    }

    /// <summary>Goes from time s to time t.</summary>
    /// <param name="x">(N, C, H, W) at s.</param>
    /// <param name="s">Time.</param>
    /// <param name="t">Time, below s.</param>
    /// <param name="m">What the network predicts at s.</param>
    /// <param name="first">Its derivative by lambda, times h; null for a step of order 1.</param>
    /// <param name="second">Its second derivative, times h^2; null below order 3.</param>
    /// <param name="halves">Weighs the derivative by phi_1 / 2 in place of phi_2: the same order, and the authors' choice for order 2.</param>
    /// <returns>x at t; belongs to the dispose scope in force.</returns>
    public Tensor Step(Tensor x, double s, double t, Tensor m, Tensor? first = null, Tensor? second = null, bool halves = false)
    {
        using DisposeScope scope = NewDisposeScope();
        double h = _time.Lambda(t) - _time.Lambda(s);
        double k = expandsNoise ? h : -h;
        double weight = expandsNoise ? _time.Sigma(t) : _time.Alpha(t);
        double ratio = expandsNoise ? Math.Exp(_time.LogAlpha(t) - _time.LogAlpha(s)) : _time.Sigma(t) / _time.Sigma(s);
        double phi1 = 2 * Math.Exp(k / 2) * Math.Sinh(k / 2);
        double phi2 = phi1 / k - 1;
        double phi3 = phi2 / k - 0.5;

        Tensor next = ratio * x - weight * phi1 * m;
        if (first is not null)
            next -= weight * (halves ? phi1 / 2 : phi2) * first;
        if (second is not null)
            next -= weight * phi3 * second;
        return next.MoveToOuterDisposeScope();
    }
}
