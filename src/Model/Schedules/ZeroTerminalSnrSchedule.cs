using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Another schedule, shifted and scaled so that alphaBar ends at exactly 0 and begins as before.</summary>
/// <remarks>The last beta is 1, so x_T holds nothing of the image and cannot be read by the epsilon prediction.</remarks>
[Kind("zero_terminal_snr", Summary = "another schedule, shifted and scaled so that alphaBar ends at 0; not with the epsilon prediction",
    Source = "Lin et al. 2024 (arXiv:2305.08891), algorithm 1")]
public sealed record ZeroTerminalSnrSchedule : Schedule
{
    /// <summary>The schedule that is changed.</summary>
    [Description("the schedule that is changed")]
    public Schedule Of { get; init; } = new LinearSchedule();

    /// <inheritdoc/>
    public override double[] Betas(int timesteps)
    {
        double[] sqrtAlphasCumprod = SqrtAlphasCumprod(timesteps);
        double first = sqrtAlphasCumprod[0];
        double last = sqrtAlphasCumprod[^1];
        int early = Array.FindIndex(sqrtAlphasCumprod, root => root <= last);
        if (early < timesteps - 1)
            throw new SpecException("of", $"alphaBar of {Kinds.NameOf(Of)} falls no more in double precision from t = {early} of {timesteps} timesteps on, so that nothing is left to scale; use fewer timesteps");
        if (timesteps == 1)
            throw new SpecException("", "zero_terminal_snr needs at least 2 timesteps, one that stays and one that becomes pure noise; got 1");

        // Shift the roots so that the last is 0, and scale them so that the first stays.
        double[] betas = new double[timesteps];
        double before = 1;
        for (int t = 0; t < timesteps; t++)
        {
            double root = (sqrtAlphasCumprod[t] - last) * (first / (first - last));
            double alphaBar = root * root;
            betas[t] = 1 - alphaBar / before;
            before = alphaBar;
        }

        return betas;
    }

    private double[] SqrtAlphasCumprod(int timesteps)
    {
        double[] betas;
        try
        {
            betas = Of.RequireBetas(timesteps);
        }
        catch (SpecException e)
        {
            throw new SpecException(SpecPath.Member("of", e.Path), e.Reason);
        }

        double product = 1;
        return [.. betas.Select(beta => Math.Sqrt(product *= 1 - beta))];
    }
}
