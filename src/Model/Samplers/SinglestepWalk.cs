using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The singlestep DPM-Solver: a step of order p calls the network at p times within the step and remembers nothing.</summary>
/// <remarks>Lu et al. 2022 (arXiv:2206.00927), algorithms 1, 2 and 4; how a number of calls is shared out among steps: its appendix D.3.</remarks>
internal static class SinglestepWalk
{
    /// <summary>The orders of the steps that use up a number of network calls exactly.</summary>
    /// <param name="calls">Network calls.</param>
    /// <param name="order">The highest order, 1 to 3.</param>
    /// <returns>Orders, whose sum is <paramref name="calls"/>.</returns>
    public static int[] Orders(int calls, int order) => (order, calls % order) switch
    {
        // Steps of order 3 end in at least one lower step.
        (3, 0) => [.. Enumerable.Repeat(3, calls / 3 - 1), 2, 1],
        (_, 0) => [.. Enumerable.Repeat(order, calls / order)],
        (_, int rest) => [.. Enumerable.Repeat(order, calls / order), rest],
    };

    /// <summary>Goes down the steps.</summary>
    /// <param name="integrator">The step.</param>
    /// <param name="time">The process between its timesteps.</param>
    /// <param name="x">(N, C, H, W) at the start; disposed.</param>
    /// <param name="grid">A name of <see cref="ContinuousGrid"/>.</param>
    /// <param name="from">Where the way starts.</param>
    /// <param name="orders">The order of each step.</param>
    /// <param name="halves">Whether the authors' weights are used instead of the full expansion.</param>
    /// <returns>x at timestep 0; belongs to the dispose scope in force.</returns>
    public static Tensor Run(ExponentialIntegrator integrator, ContinuousTime time, Tensor x, string grid, double from, int[] orders, bool halves)
    {
        // In lambda all steps are equally long; in time a step is as long as the calls it makes.
        bool equal = grid == ContinuousGrid.LogSnr;
        double[] all = ContinuousGrid.Divide(grid, time, from, 0, equal ? orders.Length : orders.Sum());
        int at = 0;
        foreach (int order in orders)
        {
            using DisposeScope scope = NewDisposeScope();
            double s = all[at];
            double t = all[at += equal ? 1 : order];
            Tensor next = Step(integrator, time, x, ContinuousGrid.Divide(grid, time, s, t, order), halves).MoveToOuterDisposeScope();
            x.Dispose();
            x = next;
        }

        return x;
    }

    // The network is called at all of these times but the last, which is where the step ends.
    private static Tensor Step(ExponentialIntegrator integrator, ContinuousTime time, Tensor x, double[] times, bool halves)
    {
        double s = times[0];
        double t = times[^1];
        Tensor m0 = integrator.Evaluate(x, s);
        if (times.Length == 2)
            return integrator.Step(x, s, t, m0);

        double h = time.Lambda(t) - time.Lambda(s);
        double r1 = (time.Lambda(times[1]) - time.Lambda(s)) / h;
        Tensor m1 = integrator.Evaluate(integrator.Step(x, s, times[1], m0), times[1]);
        if (times.Length == 3)
            return integrator.Step(x, s, t, m0, (m1 - m0) / r1, halves: halves);

        double r2 = (time.Lambda(times[2]) - time.Lambda(s)) / h;
        Tensor m2 = integrator.Evaluate(integrator.Step(x, s, times[2], m0, r2 / r1 * (m1 - m0)), times[2]);
        Tensor slope2 = (m2 - m0) / r2;
        if (halves)
            return integrator.Step(x, s, t, m0, slope2);
        Tensor slope1 = (m1 - m0) / r1;
        return integrator.Step(x, s, t, m0, (r2 * slope1 - r1 * slope2) / (r2 - r1), 2 * (slope2 - slope1) / (r2 - r1));
    }
}
