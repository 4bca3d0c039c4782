using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class DdimInversionTests
{
    [Fact]
    public void Encode_ThenDecode_ErrorFallsWithSteps()
    {
        // Song, Meng, Ermon 2020, table 2: 0.014 at 10 steps, 0.0023 at 50, 0.0001 at 1000, of a trained network.
        double[] errors = [.. new[] { 10, 50, 250, 1000 }.Select(RoundTripError)];
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.True(errors[0] < 0.1 && errors[^1] < 1e-4, string.Join(", ", errors));
    }

    [Fact]
    public void Encode_ExactNetworkOfOneGaussian_LeadsToTheLatentOfTheFlow()
    {
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(new CosineSchedule().Betas(1000));
        Tensor x0 = GoldenFile.X0(ScalarType.Float64);
        Tensor latent = DdimInversion.Encode(data.Model, data.Network, x0, TimeGrid.Visit(TimeGrid.Linspace, 1000, 1000), clipDenoised: false, TestContext.Current.CancellationToken);
        Tensor exact = data.Flow(x0, 0, 999);
        Assert.Equal(Enumerable.Range(0, 999).Select(t => (double)t), data.Times);
        Assert.InRange((latent - exact).square().mean().sqrt().ReadCpuDouble(0), 0, 0.02);
    }

    private static double RoundTripError(int steps)
    {
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(new LinearSchedule().Betas(1000));
        Tensor x0 = GoldenFile.X0(ScalarType.Float64);
        IReadOnlyList<int> grid = TimeGrid.Visit(TimeGrid.Linspace, 1000, steps);
        Tensor latent = DdimInversion.Encode(data.Model, data.Network, x0, grid, clipDenoised: false, TestContext.Current.CancellationToken);
        Tensor back = new DdimSampler { Steps = steps, ClipDenoised = false }.Sample(
            data.Model, data.Network, new SampleRequest { Seed = 0, Count = 2, Shape = (3, 4, 4), ReplayedNoise = _ => latent.clone() });
        return (back - x0).square().mean().ReadCpuDouble(0);
    }
}
