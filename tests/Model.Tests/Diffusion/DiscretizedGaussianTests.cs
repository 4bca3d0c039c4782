using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class DiscretizedGaussianTests
{
    [Theory]
    [InlineData(Decoder.Tanh, 4, 1e-9)]
    [InlineData(Decoder.Exact, 5, 1e-9)]
    public void LogLikelihood_ReferenceGrid_MatchesReference(Decoder decoder, int column, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonArray golden = GoldenFile.Read("decoder")["rows"]!.AsArray();
        double[][] rows = [.. golden.Select(GoldenFile.Numbers)];
        Tensor x = Column(rows, row => row[0] / 127.5 - 1);
        Tensor mean = Column(rows, row => row[0] / 127.5 - 1 + row[1]);
        Tensor logScale = Column(rows, row => row[2]);
        double[] log = GoldenFile.Values(DiscretizedGaussian.LogLikelihood(x, mean, logScale, 256, decoder));
        for (int i = 0; i < log.Length; i++)
            GoldenFile.AssertClose(golden[i]![column], log[i], tolerance, 1e-12);
    }

    // The first level's bin is open below, so that its mass is the distribution function at its upper end.
    [Theory]
    [InlineData(Decoder.Tanh, 1)]
    [InlineData(Decoder.Exact, 2)]
    public void LogLikelihood_OfTheFirstLevel_IsTheDistributionFunctionOfTheReference(Decoder decoder, int column)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonArray golden = GoldenFile.Read("decoder")["cdf"]!.AsArray();
        double[] z = [.. golden.Select(row => GoldenFile.Number(row![0]))];
        double[] function = CumulativeProbability(z, decoder);
        for (int i = 0; i < z.Length; i++)
            GoldenFile.AssertClose(golden[i]![column], function[i], 1e-9, 1e-12);

        // And the approximation is off by no more than the reference found.
        JsonNode worst = GoldenFile.Read("decoder")["cdf_max_abs_error_on_grid"]!;
        double[] at = [GoldenFile.Number(worst["z"])];
        double error = Math.Abs(CumulativeProbability(at, Decoder.Tanh)[0] - CumulativeProbability(at, Decoder.Exact)[0]);
        GoldenFile.AssertClose(worst["error"], error, 1e-6, 0);
    }

    private static double[] CumulativeProbability(double[] z, Decoder decoder)
    {
        Tensor x = full(z.Length, -1.0, dtype: ScalarType.Float64);
        Tensor mean = x + 1 / 255.0 - tensor(z);
        return GoldenFile.Values(DiscretizedGaussian.LogLikelihood(x, mean, zeros_like(x), 256, decoder).exp());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(256)]
    public void LogLikelihood_AllLevels_SumToOne(int levels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = linspace(-1, 1, levels, dtype: ScalarType.Float64);
        foreach (double mean in (double[])[-3, -0.3, 0, 0.987])
        {
            foreach (double logScale in (double[])[-6, -2, 1])
            {
                Tensor log = DiscretizedGaussian.LogLikelihood(x, full_like(x, mean), full_like(x, logScale), levels, Decoder.Exact);
                Assert.Equal(1, log.exp().sum().ReadCpuDouble(0), 1e-12);
            }
        }
    }

    [Fact]
    public void LogLikelihood_MeanFarAway_HasFiniteValueAndSlope()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(new double[] { -1, 0, 1, 0, 0 });
        Tensor mean = tensor(new double[] { 50, -50, -50, 50, 1e-9 }).requires_grad_();
        Tensor logScale = full(5, -5.0, dtype: ScalarType.Float64).requires_grad_();
        Tensor log = DiscretizedGaussian.LogLikelihood(x, mean, logScale, 256, Decoder.Exact);
        log.sum().backward();
        Assert.All(GoldenFile.Values(log), value => Assert.InRange(value, -1e9, 0));
        double[] slopes = GoldenFile.Values(mean.grad!);
        Assert.All([.. slopes, .. GoldenFile.Values(logScale.grad!)], slope => Assert.True(double.IsFinite(slope)));
        Assert.True(slopes[0] < 0 && slopes[1] > 0 && slopes[2] > 0 && slopes[3] < 0);
    }

    [Fact]
    public void NormalKl_ReferencePairs_MatchReference()
    {
        using DisposeScope scope = NewDisposeScope();
        JsonArray golden = GoldenFile.Read("decoder")["normal_kl"]!.AsArray();
        double[][] rows = [.. golden.Select(GoldenFile.Numbers)];
        Tensor kl = VariationalBound.NormalKl(Column(rows, r => r[0]), Column(rows, r => r[1]), Column(rows, r => r[2]), Column(rows, r => r[3]));
        for (int i = 0; i < rows.Length; i++)
            GoldenFile.AssertClose(golden[i]![4], GoldenFile.Values(kl)[i], 1e-9, 1e-9);
    }

    private static Tensor Column(double[][] rows, Func<double[], double> value) => tensor([.. rows.Select(value)], dtype: ScalarType.Float64);
}
