using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class TerminalNoiseTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void WorstBitsPerDim_BlackAndWhiteImages_IsTheirPriorTermAndNoImagesIsLarger(int timesteps)
    {
        using DisposeScope scope = NewDisposeScope();
        GaussianDiffusion process = new(new LinearSchedule().Betas(timesteps));
        double worst = TerminalNoise.WorstBitsPerDim(process);
        Tensor x0 = tensor(new[] { -1.0, 1.0, 0.9, 0.0 }).reshape(4, 1, 1, 1);

        double[] priors = VariationalBound.Prior(process, x0).data<double>().ToArray();

        Assert.Equal(1, priors[0] / worst, 1e-9);
        Assert.Equal(1, priors[1] / worst, 1e-9);
        Assert.All(priors[2..], prior => Assert.True(prior < worst));
    }

    [Theory]
    [InlineData(1.0, 0)]
    [InlineData(1 - 1e-12, 0.5e-12 / 0.6931471805599453)]
    public void WorstBitsPerDim_NextToNothingLeft_KeepsItsDigits(double beta, double expected)
        => Assert.Equal(expected, TerminalNoise.WorstBitsPerDim(new GaussianDiffusion([beta])), 1e-4 * expected);

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(100, 1)]
    public void Of_LinearSchedule_WarnsOnlyWhereTheImageIsLeft(int timesteps, int count)
    {
        RunSpec run = new() { Data = new Optdigits(), Process = new ProcessSpec { Timesteps = timesteps } };
        IReadOnlyList<RunWarning> warnings = RunWarnings.Of(run);
        Assert.Equal(count, warnings.Count);
        Assert.All(warnings, warning => Assert.Equal("process.schedule", warning.Path));
        Assert.All(warnings, warning => Assert.Contains("up to 0.33 bits/dim", warning.Message, StringComparison.Ordinal));
    }
}
