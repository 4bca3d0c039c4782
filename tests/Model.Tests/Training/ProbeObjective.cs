using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>The simple objective, which notes what every step of this thread measured and spoils one of them if asked to.</summary>
[Kind("probe", Summary = "notes every step and spoils one", Source = "test")]
public sealed record ProbeObjective : Objective
{
    [ThreadStatic]
    private static List<(long Step, long[] T, float[] Losses)>? noted;

    /// <summary>The step whose loss or gradient is spoiled; -1 for none.</summary>
    public int SpoilAt { get; init; } = -1;

    /// <summary>What of it is: <c>loss</c> (NaN), <c>gradient</c> (infinite).</summary>
    public string Spoil { get; init; } = "loss";

    /// <summary>Steps begun on this thread; cleared by <see cref="Begin"/>.</summary>
    public static IReadOnlyList<(long Step, long[] T, float[] Losses)> Noted => noted ?? [];

    [field: ThreadStatic]
    private static long NextStep { get; set; }

    /// <summary>Called with each step that begins, as to stop the training there.</summary>
    [field: ThreadStatic]
    public static Action<long>? OnStep { get; set; }

    public override bool TrainsVariance => false;

    public static void Begin(long firstStep)
    {
        noted = [];
        (NextStep, OnStep) = (firstStep, null);
    }

    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor losses = new SimpleObjective().Losses(inputs);
        long step = NextStep++;
        if (step == SpoilAt)
        {
            // The gradient is made so large that its norm is infinite, without a change to the loss itself.
            losses = Spoil == "loss" ? losses * double.NaN : losses.detach() + ((losses - losses.detach()) * 1e30);
        }

        noted!.Add((step, inputs.T.data<long>().ToArray(), losses.detach().data<float>().ToArray()));
        OnStep?.Invoke(step);
        return losses.MoveToOuterDisposeScope();
    }
}
