namespace DdpmJobs.Model.Diffusion;

/// <summary>The discrete process between its timesteps: ln alpha is linear from one timestep to the next, so that time and lambda = ln(alpha / sigma) map to each other one to one.</summary>
/// <remarks>
/// Time is the zero-based timestep of the process, fractional between two of them, whatever T and schedule are; at a whole timestep every function here gives the
/// table's own value. alpha = sqrt(alphaBar), sigma = sqrt(1 - alphaBar). Lu et al. 2022 (arXiv:2206.00927), section 3.4 and appendix D.4; the authors' program
/// multiplies times by 1000 whatever T is, which is right for T = 1000 only.
/// </remarks>
public sealed class ContinuousTime
{
    private readonly double[] _logAlpha;
    private readonly double[] _lambda;

    /// <summary>Reads the tables of a process.</summary>
    /// <exception cref="ArgumentException">Two timesteps have the same alphaBar in float64, so that no time follows from lambda.</exception>
    public ContinuousTime(GaussianDiffusion process)
    {
        // Where alphaBar has reached 0, lambda is minus infinity: no path leads there.
        _logAlpha = [.. process.AlphasCumprod.TakeWhile(alphaBar => alphaBar > 0).Select(alphaBar => 0.5 * Math.Log(alphaBar))];
        _lambda = [.. _logAlpha.Select((logAlpha, t) => logAlpha - Math.Log(process.SqrtOneMinusAlphasCumprod[t]))];
        for (int t = 0; t < _lambda.Length; t++)
        {
            if (!double.IsFinite(_lambda[t]) || (t > 0 && _lambda[t] >= _lambda[t - 1]))
                throw new ArgumentException(FormattableString.Invariant($"The signal-to-noise ratio must be finite and fall with every timestep; at t = {t} ln(alpha / sigma) is {_lambda[t]}."), nameof(process));
        }
    }

    /// <summary>The last timestep whose alphaBar is above 0; -1 where there is none.</summary>
    public int Last => _lambda.Length - 1;

    /// <summary>The last timestep whose lambda is not below a value; -1 where there is none.</summary>
    /// <param name="lambda">ln(alpha / sigma).</param>
    public int LastAbove(double lambda)
    {
        int t = Last;
        while (t >= 0 && _lambda[t] < lambda)
            t--;
        return t;
    }

    /// <summary>ln alpha.</summary>
    /// <param name="t">Time, 0 to <see cref="Last"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside the process.</exception>
    public double LogAlpha(double t)
    {
        if (!(t >= 0 && t <= Last))
            throw new ArgumentOutOfRangeException(nameof(t), t, $"Time must be between 0 and {Last}.");
        int below = (int)t;
        double part = t - below;
        return part == 0 ? _logAlpha[below] : _logAlpha[below] + part * (_logAlpha[below + 1] - _logAlpha[below]);
    }

    /// <summary>alpha, the factor of the image in x_t.</summary>
    /// <param name="t">Time, 0 to <see cref="Last"/>.</param>
    public double Alpha(double t) => Math.Exp(LogAlpha(t));

    /// <summary>sigma, the factor of the noise in x_t.</summary>
    /// <param name="t">Time, 0 to <see cref="Last"/>.</param>
    // 1 - exp(y) as -2 exp(y / 2) sinh(y / 2): near y = 0 the difference would be lost.
    public double Sigma(double t) => Math.Sqrt(-2 * Alpha(t) * Math.Sinh(LogAlpha(t)));

    /// <summary>lambda = ln(alpha / sigma), half the logarithm of the signal-to-noise ratio; falls with time.</summary>
    /// <param name="t">Time, 0 to <see cref="Last"/>.</param>
    public double Lambda(double t) => t == Math.Floor(t) && t >= 0 && t <= Last ? _lambda[(int)t] : LogAlpha(t) - Math.Log(Sigma(t));

    /// <summary>The time at which lambda has a value: the inverse of <see cref="Lambda"/>.</summary>
    /// <param name="lambda">ln(alpha / sigma), between its values at <see cref="Last"/> and 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The process has no such time.</exception>
    public double TimeAt(double lambda)
    {
        // A value that left the ends by rounding only is the end.
        double slack = 1e-12 * Math.Max(1, Math.Abs(lambda));
        if (!(lambda >= _lambda[^1] - slack && lambda <= _lambda[0] + slack))
            throw new ArgumentOutOfRangeException(nameof(lambda), lambda, FormattableString.Invariant($"lambda must be between {_lambda[^1]} and {_lambda[0]}."));

        // Find the first timestep whose lambda is not above the value.
        int low = 0;
        int high = Last;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_lambda[middle] <= lambda)
                high = middle;
            else
                low = middle + 1;
        }

        if (_lambda[low] == lambda || low == 0)
            return low;

        // ln alpha = -ln(1 + exp(-2 lambda)) / 2, because alpha^2 + sigma^2 = 1; written so that no exponential overflows.
        double logAlpha = -0.5 * (Math.Max(-2 * lambda, 0) + Log1p(Math.Exp(-2 * Math.Abs(lambda))));
        double part = (logAlpha - _logAlpha[low - 1]) / (_logAlpha[low] - _logAlpha[low - 1]);
        return low - 1 + Math.Clamp(part, 0, 1);
    }

    // Kahan's form: the rounding of 1 + x cancels in the quotient.
    private static double Log1p(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
