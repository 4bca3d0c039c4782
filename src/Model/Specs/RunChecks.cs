using DdpmJobs.Model.Predictions;

namespace DdpmJobs.Model.Specs;

/// <summary>Refuses runs whose parts are each right but cannot work together. Called at submission, so that no device time is spent on them.</summary>
public static class RunChecks
{
    /// <summary>Throws the first impossible combination.</summary>
    /// <param name="run">A run as <see cref="SpecJson.Read{T}"/> gives it.</param>
    /// <exception cref="SpecException">Path, both values and the reason.</exception>
    public static void Check(RunSpec run)
    {
        CheckTerminalNoise(run, Betas(run.Process));
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
            return process.Schedule.Betas(process.Timesteps);
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

    private static void CheckLabels(RunSpec run)
    {
        int known = run.Network.LabelCount;
        if (known > 0 && run.Data.LabelCount is int there && there > known)
            throw new SpecException("network.classes", $"must be at least the {there} classes of the data; got {known}");
        if (known > 0 && run.Data.LabelCount == 0)
            throw new SpecException("network.classes", $"is {known}, but the data {Kinds.NameOf(run.Data)} has no labels; leave it out");
    }
}
