using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

/// <summary>Halving the step of a method of order p divides its error by 2^p: measured against the exact path of the probability flow.</summary>
public sealed class SolverOrderTests
{
    public static TheoryData<string, string, string, int> Solvers
    {
        get
        {
            TheoryData<string, string, string, int> data = [];
            foreach (string expands in (string[])["data", "noise"])
            {
                foreach (string method in (string[])["multistep", "singlestep"])
                {
                    foreach (string type in (string[])["dpmsolver", "taylor"])
                    {
                        for (int order = 1; order <= 3; order++)
                            data.Add(expands, method, type, order);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Sample_DpmSolver_ConvergesWithItsOrder(string expands, string method, string type, int order)
    {
        double Error(int steps) => Rms(new DpmSolver
        {
            Steps = steps, Order = order, Expands = expands, Method = method, SolverType = type, Grid = ContinuousGrid.LogSnr, DenoiseFinal = false, ClipDenoised = false,
            LambdaMin = -3,
        });

        // The authors' multistep order 3 starts with a step of order 1, which leaves an error of order 2, as do their weights.
        AssertOrder(Error, 120, method == "multistep" ? Math.Min(order, 2) : order);
    }

    [Fact]
    public void Sample_OnSigmaLadder_ConvergesWithItsOrder()
    {
        AssertOrder(steps => Rms(new EulerSampler { Steps = steps, ClipDenoised = false }), 200, 1);
        AssertOrder(steps => Rms(new HeunSampler { Steps = steps, ClipDenoised = false }), 200, 2);
    }

    private static void AssertOrder(Func<int, double> error, int steps, int order)
    {
        double measured = Math.Log2(error(steps) / error(2 * steps));
        Assert.InRange(measured, order - 0.25, order + 0.5);
    }

    // A process of 20 000 timesteps, whose broken line of ln alpha is smooth enough.
    private static double Rms(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(new CosineSchedule().Betas(20_000));
        Tensor latent = GoldenFile.Noise(1000, ScalarType.Float64);
        Tensor sample = sampler.Sample(data.Model, data.Network, new SampleRequest { Seed = 0, Count = 2, Shape = (3, 4, 4), ReplayedNoise = _ => latent.clone() });
        return (sample - Exact(sampler, data, latent)).square().mean().sqrt().ReadCpuDouble(0);
    }

    private static Tensor Exact(Sampler sampler, AnalyticGaussian data, Tensor latent)
    {
        if (sampler is DpmSolver solver)
            return data.Flow(latent, data.Time.LastAbove(solver.LambdaMin), 0);

        // A ladder starts at sigma x and ends with the image predicted at the lowest level.
        int start = data.Time.LastAbove(-5.1);
        double sigma = data.Time.Sigma(start) / data.Time.Alpha(start);
        Tensor last = data.Flow(data.Time.Alpha(start) * sigma * latent, start, 0);
        return (last - data.Time.Sigma(0) * data.Network(last, zeros(1))) / data.Time.Alpha(0);
    }
}
