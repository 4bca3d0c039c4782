using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The multistep DPM-Solver: derivatives come from the network's answers at the steps before, so every step is one call.</summary>
/// <remarks>Lu et al. 2022 (arXiv:2211.01095), algorithm 2 and appendix B; order 3 as in the authors' program.</remarks>
internal static class MultistepWalk
{
    /// <summary>Goes down a grid of times.</summary>
    /// <param name="integrator">The step.</param>
    /// <param name="lambda">Time to ln(alpha / sigma).</param>
    /// <param name="x">(N, C, H, W) at the first time; disposed.</param>
    /// <param name="times">Falling times.</param>
    /// <param name="order">Number of a step, zero-based, to its order; at most the number of the step plus 1.</param>
    /// <param name="halves">Whether steps of order 2 weigh the derivative by phi_1 / 2.</param>
    /// <returns>x at the last time; belongs to the dispose scope in force.</returns>
    public static Tensor Run(ExponentialIntegrator integrator, Func<double, double> lambda, Tensor x, double[] times, Func<int, int> order, bool halves)
    {
        using DisposeScope whole = NewDisposeScope();
        Tensor[] m = []; // the latest first
        for (int i = 0; i + 1 < times.Length; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor latest = integrator.Evaluate(x, times[i]).MoveToOuterDisposeScope();
            foreach (Tensor old in m.Skip(2))
                old.Dispose();
            m = [latest, .. m.Take(2)];

            // Divided differences over the steps before, in units of this step.
            double h = lambda(times[i + 1]) - lambda(times[i]);
            Tensor? first = null;
            Tensor? second = null;
            if (order(i) >= 2)
            {
                double r0 = (lambda(times[i]) - lambda(times[i - 1])) / h;
                first = (m[0] - m[1]) / r0;
                if (order(i) == 3)
                {
                    double r1 = (lambda(times[i - 1]) - lambda(times[i - 2])) / h;
                    Tensor change = first - (m[1] - m[2]) / r1;
                    second = change / (r0 + r1);
                    first += r0 / (r0 + r1) * change;
                }
            }

            Tensor next = integrator.Step(x, times[i], times[i + 1], m[0], first, second, halves && order(i) == 2).MoveToOuterDisposeScope();
            x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();
    }
}
