using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class GaussianDiffusionTests
{
    public static TheoryData<string> Cases => GoldenFile.Cases("process", "cases");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gaussians_ReferenceInputs_MatchReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonObject golden = GoldenFile.Read("process")["cases"]![name]!.AsObject();
        string[] words = name.Split('/');
        GaussianDiffusion process = GoldenFile.Model(words[0], words[1], "eps", "fixedlarge").Process;
        Tensor t = GoldenFile.T(words[2]);

        JsonNode f64 = golden["f64"]!;
        (Tensor x0, Tensor eps) = (GoldenFile.X0(ScalarType.Float64), GoldenFile.Noise(0, ScalarType.Float64));
        Tensor xt = process.QSample(x0, t, eps);
        GoldenFile.AssertClose(f64["q_sample"], xt, 1e-9, 1e-12);
        GoldenFile.AssertClose(f64["posterior_mean"], process.QPosteriorMean(x0, xt, t), 1e-9, 1e-12);
        GoldenFile.AssertClose(f64["predict_xstart_from_eps"], new EpsilonPrediction().PredictX0(process, eps, xt, t), 1e-9, 1e-9);

        JsonNode f32 = golden["f32"]!;
        (x0, eps) = (GoldenFile.X0(ScalarType.Float32), GoldenFile.Noise(0));
        xt = process.QSample(x0, t, eps);
        Assert.Equal(ScalarType.Float32, xt.dtype);
        GoldenFile.AssertClose(f32["q_sample"], xt, 1e-5, 1e-6);
        (Tensor mean, Tensor variance, Tensor logVariance) = process.QMeanVariance(x0, t);
        GoldenFile.AssertClose(f32["q_mean"], mean, 1e-5, 1e-6);
        GoldenFile.AssertClose(f32["q_variance"], variance, 1e-5, 1e-6);
        GoldenFile.AssertClose(f32["q_log_variance"], logVariance, 1e-5, 1e-6);
        (mean, variance, logVariance) = process.QPosteriorMeanVariance(x0, xt, t);
        GoldenFile.AssertClose(f32["posterior_mean"], mean, 1e-5, 1e-6);

        // The conversion magnifies the last bit of its inputs by thousands, so they are the reference's own.
        Tensor xprev = tensor(GoldenFile.Numbers(f32["posterior_mean"]), [2, 3, 4, 4], dtype: ScalarType.Float32);
        Tensor sample = tensor(GoldenFile.Numbers(f32["q_sample"]), [2, 3, 4, 4], dtype: ScalarType.Float32);
        GoldenFile.AssertClose(f32["predict_xstart_from_xprev"], new MuPrediction().PredictX0(process, xprev, sample, t), 1e-5, 1e-6);
        GoldenFile.AssertClose(f32["predict_xstart_from_eps"], new EpsilonPrediction().PredictX0(process, eps, xt, t), 1e-5, 1e-6);
        Tensor epsBack = (process.Extract(process.SqrtRecipAlphasCumprod, t, xt) * xt - x0) / process.Extract(process.SqrtRecipm1AlphasCumprod, t, xt);
        GoldenFile.AssertClose(f32["predict_eps_from_xstart"], epsBack, 1e-4, 1e-5);
        GoldenFile.AssertClose(f32["posterior_variance"], variance, 1e-5, 1e-6);
        GoldenFile.AssertClose(f32["posterior_log_variance_clipped"], logVariance, 1e-5, 1e-6);
    }

    [Fact]
    public void Respaced_CosineOf4000At50Steps_MatchesReference()
    {
        JsonNode golden = GoldenFile.Read("schedules_improved")["spaced"]!["cosine/T=4000/'50'"]!;
        int[] map = [.. TimeGrid.Visit(TimeGrid.Linspace, 4000, 50)];
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["timestep_map"]), [.. map.Select(t => (double)t)], 0, 0);
        GaussianDiffusion process = new GaussianDiffusion(GoldenFile.ImprovedBetas("cosine", 4000)).Respaced(map);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["betas"]), [.. process.Betas], 1e-11, 0);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["alphas_cumprod"]), [.. process.AlphasCumprod], 1e-11, 1e-16);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["posterior_variance"]), [.. process.PosteriorVariance], 1e-11, 0);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["posterior_log_variance_clipped"]), [.. process.PosteriorLogVarianceClipped], 1e-11, 0);
    }

    [Fact]
    public void QSample_ShapesDisagree_Throws()
    {
        using DisposeScope scope = NewDisposeScope();
        GaussianDiffusion process = new([0.1, 0.2]);
        Assert.Throws<ArgumentException>(() => process.QSample(zeros(2, 3, 4, 4), zeros(2, dtype: ScalarType.Int64), zeros(2, 1, 4, 4)));
    }

    [Fact]
    public void Extract_TableFirstUsedInScope_OutlivesIt()
    {
        GaussianDiffusion process = new([0.1, 0.2]);
        using Tensor t = tensor(new long[] { 1 }, dtype: ScalarType.Int64);
        using Tensor like = zeros(1, dtype: ScalarType.Float64);
        using (NewDisposeScope())
            process.Extract(process.Betas, t, like);
        using Tensor again = process.Extract(process.Betas, t, like);
        Assert.Equal(0.2, again.ReadCpuDouble(0));
    }
}
