using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class DiffusionModelTests
{
    public static TheoryData<string> Cases => [.. GoldenFile.Read("p_mean_variance")["cases"]!.AsObject()
        .SelectMany(group => group.Value!.AsObject().Where(entry => entry.Key != "inputs").Select(entry => $"{group.Key}/{entry.Key}"))];

    public static TheoryData<string> Float64Cases => GoldenFile.Cases("p_mean_variance", "float64");

    public static TheoryData<Type> Predictions
        => [.. typeof(Prediction).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Prediction)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void PMeanVariance_StubNetwork_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split('/');
        JsonNode group = GoldenFile.Read("p_mean_variance")["cases"]![string.Join('/', words[..3])]!;
        JsonNode golden = group[string.Join('/', words[3..])]!;
        DiffusionModel model = GoldenFile.Model(words[0], words[1], words[3], words[4]);
        Tensor xt = tensor(GoldenFile.Numbers(group["inputs"]!["x_t"]), [2, 3, 4, 4], dtype: ScalarType.Float32);
        Tensor t = GoldenFile.T(words[2]);

        ReverseStep step = model.PMeanVariance(GoldenFile.StubOf(model)(xt, t), xt, t, words[5] == "clip=True");

        if (golden["mean"] is JsonNode mean)
            GoldenFile.AssertClose(mean, step.Mean, 1e-5, 1e-6);
        else
            GoldenFile.AssertClose(golden["mean_sum"], GoldenFile.Values(step.Mean).Sum(), 0, 1e-4);
        if (golden["pred_xstart"] is JsonNode predX0)
            GoldenFile.AssertClose(predX0, step.PredX0, 1e-5, 1e-6);
        if (golden["variance"] is JsonNode variance)
            GoldenFile.AssertClose(variance, step.Variance, 1e-5, 1e-6);
        if (golden["log_variance"] is JsonNode logVariance)
            GoldenFile.AssertClose(logVariance, step.LogVariance, 1e-5, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Float64Cases))]
    public void PMeanVariance_StubNetworkInFloat64_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split('/');
        JsonNode golden = GoldenFile.Read("p_mean_variance")["float64"]![name]!;
        DiffusionModel model = GoldenFile.Model(words[0], words[1], words[3], words[4]);
        Tensor t = GoldenFile.T(words[2]);
        Tensor xt = model.Process.QSample(GoldenFile.X0(ScalarType.Float64), t, GoldenFile.Noise(0, ScalarType.Float64));

        ReverseStep step = model.PMeanVariance(GoldenFile.StubOf(model)(xt, t), xt, t, words[5] == "clip=True");

        GoldenFile.AssertClose(golden["mean"], step.Mean, 1e-9, 1e-9);
        GoldenFile.AssertClose(golden["pred_xstart"], step.PredX0, 1e-9, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Predictions))]
    public void PredictX0_TargetAsOutput_GivesImageBack(Type kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Prediction prediction = (Prediction)Activator.CreateInstance(kind)!;
        GaussianDiffusion process = new(GoldenFile.ImprovedBetas("cosine", 100));
        (Tensor x0, Tensor eps) = (GoldenFile.X0(ScalarType.Float64), GoldenFile.Noise(0, ScalarType.Float64));
        foreach (long[] pair in (long[][])[[0, 1], [50, 99]])
        {
            Tensor t = tensor(pair, dtype: ScalarType.Int64);
            Tensor xt = process.QSample(x0, t, eps);
            Tensor predX0 = prediction.PredictX0(process, prediction.Target(process, x0, xt, t, eps), xt, t);
            GoldenFile.AssertClose(GoldenFile.Values(x0), GoldenFile.Values(predX0), 1e-9, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Predictions))]
    public void X0ErrorScale_OutputMovedByOne_MovesImageByIt(Type kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Prediction prediction = (Prediction)Activator.CreateInstance(kind)!;
        GaussianDiffusion process = new(GoldenFile.ImprovedBetas("cosine", 100));
        Tensor xt = GoldenFile.Noise(0, ScalarType.Float64);
        Tensor output = GoldenFile.Noise(1, ScalarType.Float64);
        Tensor t = tensor(new long[] { 1, 70 }, dtype: ScalarType.Int64);
        Tensor moved = prediction.PredictX0(process, output + 1, xt, t) - prediction.PredictX0(process, output, xt, t);
        GoldenFile.AssertClose(GoldenFile.Values(prediction.X0ErrorScale(process, t, xt).expand(2, 3, 4, 4)), GoldenFile.Values(moved.abs()), 1e-9, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Predictions))]
    public void PMeanVariance_RespacedAndPerfectNetwork_IsPosteriorOfTheLongerStep(Type kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Prediction prediction = (Prediction)Activator.CreateInstance(kind)!;
        DiffusionModel model = new(new GaussianDiffusion(GoldenFile.ImprovedBetas("cosine", 100)), prediction, new FixedSmallVariance());
        (Tensor x0, Tensor eps) = (GoldenFile.X0(ScalarType.Float64), GoldenFile.Noise(0, ScalarType.Float64));

        // The network answers for timesteps 40 and 70 of the whole process; the model of six, respaced twice, calls them 2 and 4.
        Tensor trainedAt = tensor(new long[] { 40, 70 }, dtype: ScalarType.Int64);
        Tensor xt = model.Process.QSample(x0, trainedAt, eps);
        Tensor output = prediction.Target(model.Process, x0, xt, trainedAt, eps);
        DiffusionModel respaced = model.Respaced([0, 20, 30, 40, 60, 70, 99]).Respaced([0, 1, 3, 4, 5, 6]);
        Tensor t = tensor(new long[] { 2, 4 }, dtype: ScalarType.Int64);
        ReverseStep step = respaced.PMeanVariance(output, xt, t, clipDenoised: true);

        GoldenFile.AssertClose(GoldenFile.Values(x0), GoldenFile.Values(step.PredX0), 1e-9, 1e-9);
        GoldenFile.AssertClose(GoldenFile.Values(respaced.Process.QPosteriorMean(x0, xt, t)), GoldenFile.Values(step.Mean), 1e-9, 1e-9);
    }

    [Fact]
    public void PMeanVariance_MuRespacedToEveryTimestep_KeepsTheOutputAsMean()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=10", "xprev", "learned_range");
        (Tensor xt, Tensor t) = (GoldenFile.Noise(0), tensor(new long[] { 3, 9 }, dtype: ScalarType.Int64));
        ReverseStep step = model.Respaced([.. Enumerable.Range(0, 10)]).PMeanVariance(GoldenFile.StubOf(model)(xt, t), xt, t, clipDenoised: true);
        Assert.Equal(GoldenFile.Values(GoldenFile.Stub(xt, t)), GoldenFile.Values(step.Mean));
    }

    [Fact]
    public void PMeanVariance_LearnedRangeAtItsEnds_IsTheFixedVariances()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("linear", "T=1000", "eps", "learned_range");
        (Tensor xt, Tensor t) = (GoldenFile.Noise(0, ScalarType.Float64), tensor(new long[] { 1, 600 }, dtype: ScalarType.Int64));
        Tensor[] variances = [.. new[] { -1.0, 1.0 }.Select(v => model.PMeanVariance(cat([xt, full_like(xt, v)], 1), xt, t, true).Variance[.., 0, 0, 0])];
        GoldenFile.AssertClose([model.Process.PosteriorVariance[1], model.Process.PosteriorVariance[600]], GoldenFile.Values(variances[0]), 1e-12, 0);
        GoldenFile.AssertClose([model.Process.Betas[1], model.Process.Betas[600]], GoldenFile.Values(variances[1]), 1e-12, 0);
    }

    [Fact]
    public void PMeanVariance_WrongChannels_Throws()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("linear", "T=1000", "eps", "fixedlarge");
        Assert.Throws<ArgumentException>(() => model.PMeanVariance(zeros(1, 6, 2, 2), zeros(1, 3, 2, 2), zeros(1, dtype: ScalarType.Int64), true));
    }
}
