using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>Finds trainings that are too short for their own settings, whose defaults are those of 800,000 steps, or for what they are asked to keep and measure.</summary>
internal static class TrainingWarnings
{
    private const double MuchOfTheFirstWeights = 0.1;
    private const int Counted = 1_000_000;

    /// <summary>All warnings on a training.</summary>
    public static IEnumerable<RunWarning> Of(TrainingSpec training) => [.. OfWhatIsKept(training), .. OfLength(training)];

    private static IEnumerable<RunWarning> OfWhatIsKept(TrainingSpec training)
    {
        int keep = training.Checkpoints.KeepEvery;
        if (keep > training.Steps)
            yield return new RunWarning("training.checkpoints.keep_every", $"is {keep}, more than the {training.Steps} steps of the training, so that none is kept; lower it, or leave it out");
        if (training.Validation is not ValidationSpec validation)
            yield break;
        if (validation.Every > training.Steps)
            yield return new RunWarning("training.validation.every", $"is {validation.Every}, more than the {training.Steps} steps of the training, so that nothing is measured; lower it, or leave validation out");

        // The first validation can only set the mark; after it as many as the patience must fail, and the last step is the end anyway.
        else if (training.EarlyStop is EarlyStopSpec early && (early.Patience + 1L) * validation.Every >= training.Steps)
        {
            yield return new RunWarning("training.early_stop.patience", $"is {early.Patience} validations of {validation.Every} steps, which {training.Steps} steps leave no room for, so that the training never ends early; lower it, or leave early_stop out");
        }
    }

    private static IEnumerable<RunWarning> OfLength(TrainingSpec training)
    {
        if (training.WarmupSteps >= training.Steps && training.Steps > 1)
        {
            double reached = (training.Steps - 1.0) / training.WarmupSteps;
            yield return new RunWarning("training.warmup_steps", FormattableString.Invariant(
                $"the warm-up of {training.WarmupSteps} steps is longer than the training of {training.Steps}: the learning rate gets no further than {reached:P0} of its value; use fewer warmup_steps"));
        }

        if (training.Decay is InverseSqrtDecay decay && decay.From >= training.Steps)
        {
            yield return new RunWarning("training.decay.from", FormattableString.Invariant(
                $"the learning rate falls from step {decay.From} on, and the training has {training.Steps}: it never does; use a smaller from"));
        }

        for (int i = 0; i < training.Ema.Count; i++)
        {
            double share = FirstWeights(training.Ema[i], training.Steps);
            if (share > MuchOfTheFirstWeights)
            {
                yield return new RunWarning(SpecPath.Element("training.ema", i), FormattableString.Invariant(
                    $"after {training.Steps} steps the average still is the first weights to {share:P0}, which draw noise; use a smaller decay, or {{ kind: warmup }}"));
            }
        }
    }

    /// <summary>The share of the first weights in a moving average at the end of a training.</summary>
    private static double FirstWeights(Ema ema, long steps)
    {
        double share = 1;
        for (long step = 0; step < steps && share > MuchOfTheFirstWeights; step++)
        {
            // No decay moves any more after so long.
            if (step == Counted)
                return share * Math.Pow(ema.DecayAt(step), steps - step);
            share *= ema.DecayAt(step);
        }

        return share;
    }
}
