using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Objectives;

public sealed class ObjectiveTests
{
    public static TheoryData<string> Cases => [.. GoldenFile.Read("losses")["cases"]!.AsObject()
        .SelectMany(group => group.Value!.AsObject().Select(entry => $"{group.Key}/{entry.Key}"))];

    public static TheoryData<string> KlCases => [.. Cases.Select(row => row.Data).Where(name => name.EndsWith("/kl", StringComparison.Ordinal))];

    public static TheoryData<Type> Kinds
        => [.. typeof(Objective).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_StubNetwork_MatchReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split('/');
        JsonNode golden = GoldenFile.Read("losses")["cases"]![string.Join('/', words[..3])]![string.Join('/', words[3..])]!;
        Tensor t = GoldenFile.T(words[2]);
        double scale = words[5] == "rescaled_kl" ? int.Parse(words[1][2..], CultureInfo.InvariantCulture) : 1;

        // The decoder's term in float32 is off by percents in the reference; the float64 test below holds it.
        double[] losses = GoldenFile.Values(Objective(words[5]).Losses(Inputs(GoldenFile.Model(words[0], words[1], words[3], words[4]), t)));
        bool decoded = words[5].EndsWith("kl", StringComparison.Ordinal);
        for (int row = 0; row < losses.Length; row++)
        {
            if (decoded && t.ReadCpuInt64(row) == 0)
                continue;
            GoldenFile.AssertClose([GoldenFile.Numbers(golden["f32"]!["loss"])[row]], [losses[row]], 5e-5, 1e-6 * scale);
        }
    }

    [Theory]
    [MemberData(nameof(KlCases))]
    public void Term_StubNetworkInFloat64_MatchesReference(string name)
    {
        string[] words = name.Split('/');
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = GoldenFile.Read("losses")["cases"]![string.Join('/', words[..3])]![string.Join('/', words[3..])]!;
        Tensor t = GoldenFile.T(words[2]);
        DiffusionModel model = GoldenFile.Model(words[0], words[1], words[3], words[4]);
        Tensor x0 = GoldenFile.X0(ScalarType.Float64);
        Tensor xt = model.Process.QSample(x0, t, GoldenFile.Noise(0, ScalarType.Float64));
        (Tensor bits, _) = VariationalBound.Term(model, GoldenFile.Stub(xt, t), x0, xt, t, false, 256, Decoder.Tanh);
        GoldenFile.AssertClose(golden["f64"]!["loss"], bits, 1e-9, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Losses_EveryObjective_HasGradientOfFiniteDifference(Type kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Objective objective = (Objective)Activator.CreateInstance(kind)!;
        DiffusionModel model = GoldenFile.Model("cosine", "T=100", "eps", "fixedlarge");
        Tensor t = tensor(new long[] { 0, 60 }, dtype: ScalarType.Int64);

        // A network with one weight, in float64 from end to end but for the last rounding of the loss to float32.
        double Loss(Tensor weight) => objective.Losses(Wide(weight)).sum().item<float>();
        ObjectiveInputs Wide(Tensor weight) => Inputs(model, t) with
        {
            X0 = GoldenFile.X0(ScalarType.Float64),
            Noise = GoldenFile.Noise(0, ScalarType.Float64),
            Network = (xt, at) => weight * GoldenFile.Stub(xt, at),
        };

        Tensor weight = tensor(0.7, dtype: ScalarType.Float64).requires_grad_();
        objective.Losses(Wide(weight)).sum().backward();
        const double h = 1e-2;
        double slope = (Loss(tensor(0.7 + h)) - Loss(tensor(0.7 - h))) / (2 * h);
        Assert.NotEqual(0, slope);
        Assert.Equal(1, weight.grad!.item<double>() / slope, 2e-3);
    }

    [Fact]
    public void Losses_PerfectNetwork_AreZeroForSimple()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor noise = GoldenFile.Noise(0);
        ObjectiveInputs inputs = Inputs(GoldenFile.Model("linear", "T=1000", "eps", "fixedlarge"), tensor(new long[] { 3, 500 })) with { Network = (_, _) => noise.alias() };
        Assert.Equal([0, 0], GoldenFile.Values(new SimpleObjective().Losses(inputs)));
    }

    private static Objective Objective(string loss) => loss switch
    {
        "mse" or "rescaled_mse" => new SimpleObjective(),
        "kl" => new VlbObjective(),
        "rescaled_kl" => new VlbObjective { Rescaled = true },
        _ => throw new ArgumentException(loss),
    };

    private static ObjectiveInputs Inputs(DiffusionModel model, Tensor t) => new()
    {
        Model = model,
        Network = GoldenFile.Stub,
        X0 = GoldenFile.X0(ScalarType.Float32),
        T = t,
        Noise = GoldenFile.Noise(0),
        Levels = 256,
    };
}
