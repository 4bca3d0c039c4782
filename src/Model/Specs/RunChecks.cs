using DdpmJobs.Model.Predictions;

namespace DdpmJobs.Model.Specs;

/// <summary>Refuses runs whose parts are each right but cannot work together. Called at submission, so that no device time is spent on them.</summary>
public static class RunChecks
{
    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>Throws the first impossible combination.</summary>
    /// <param name="run">A run as <see cref="SpecJson.Read{T}"/> gives it.</param>
    /// <exception cref="SpecException">Path, both values and the reason.</exception>
    public static void Check(RunSpec run)
    {
        double[] betas = Betas(run.Process);
        CheckTerminalNoise(run, betas);
        CheckRangeOfNumbers(run, betas);
        CheckLabels(run);
        foreach ((object part, string path) in SpecTree.Records(run))
        {
            (part as IRunCheck)?.Check(run, path);
        }
    }

    private static double[] Betas(ProcessSpec process)
    {
        try
        {
            return process.Schedule.RequireBetas(process.Timesteps);
        }
        catch (SpecException e)
        {
            throw new SpecException(SpecPath.Member("process.schedule", e.Path), e.Reason);
        }
    }

    // Lin et al. 2024 (arXiv:2305.08891), section 3.3: at alphaBar = 0 the input is eps itself, and x_0 = (x_t - eps) / 0 is lost.
    private static void CheckTerminalNoise(RunSpec run, double[] betas)
    {
        if (run.Process.Prediction is EpsilonPrediction && betas[^1] >= 1)
        {
            throw new SpecException(
                "process.prediction",
                $"epsilon cannot be used with the schedule {Kinds.NameOf(run.Process.Schedule)}, whose last beta is 1: "
                + "x_T holds nothing of the image, so no x_0 follows from epsilon; use v, or a schedule that ends below 1");
        }
    }

    private static void CheckRangeOfNumbers(RunSpec run, double[] betas)
    {
        string schedule = Kinds.NameOf(run.Process.Schedule);
        double alphaBar = 1;
        for (int t = 0; t < betas.Length; t++)
        {
            // Respaced betas are 1 less the ratio of two alphaBars, and below the normal numbers alphaBar is 0 or stands still.
            if (alphaBar < SmallestNormal)
            {
                throw new SpecException(
                    "process.schedule",
                    $"alphaBar of {schedule} is below the range of double precision from t = {t - 1} of {betas.Length} timesteps on, so that several timesteps hold nothing of the image; use fewer timesteps or smaller betas");
            }

            alphaBar *= 1 - betas[t];
        }

        // x_0 = (x_t - sqrt(1 - alphaBar) eps) / sqrt(alphaBar), in float32.
        if (run.Process.Prediction is EpsilonPrediction && float.IsInfinity((float)Math.Sqrt(1 / alphaBar)))
        {
            throw new SpecException(
                "process.prediction",
                FormattableString.Invariant($"epsilon cannot be used with the schedule {schedule} at {betas.Length} timesteps: alphaBar ends at {alphaBar:G3}, ")
                + "and x_0 from epsilon is divided by its root, beyond the range of float32; use v, fewer timesteps or smaller betas");
        }
    }

    private static void CheckLabels(RunSpec run)
    {
        int known = run.Network.LabelCount;
        if (known > 0 && run.Data.LabelCount is int there && there > known)
            throw new SpecException("network.classes", $"must be at least the {there} classes of the data; got {known}");
        if (known > 0 && run.Data.LabelCount == 0)
            throw new SpecException("network.classes", $"is {known}, but the data {Kinds.NameOf(run.Data)} has no labels; leave it out");
    }
}
