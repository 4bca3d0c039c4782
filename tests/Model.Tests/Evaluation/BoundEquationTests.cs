using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation;

/// <summary>The bound against a second program, which has only the equations: <c>Golden/bound_equations.py</c>. It covers what the values of the reference programs lack.</summary>
public sealed class BoundEquationTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Golden.Count)];

    private static JsonArray Golden { get; } = GoldenFile.Read("bound_equations")["cases"]!.AsArray();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Terms_OfACase_MatchTheEquations(int number)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = Golden[number]!;
        int levels = golden["levels"]!.GetValue<int>();
        DiffusionModel whole = GoldenFile.Model(
            GoldenFile.ImprovedBetas(golden["schedule"]!.GetValue<string>(), golden["timesteps"]!.GetValue<int>()), golden["prediction"]!.GetValue<string>(), golden["variance"]!.GetValue<string>());
        int[]? kept = golden["kept"] is JsonArray list ? [.. GoldenFile.Numbers(list).Select(t => (int)t)] : null;
        DiffusionModel model = kept is null ? whole : whole.Respaced(kept);
        Decoder decoder = golden["decoder"]!.GetValue<string>() == "exact" ? Decoder.Exact : Decoder.Tanh;

        // Put the pixels on the levels of the case, and walk as the reference: t = T-1 .. 0 with noise number T-1-t.
        Tensor x0 = 2 * ((GoldenFile.X0(ScalarType.Float64) + 1) * 127.5).round().mul(levels).div(256).floor() / (levels - 1) - 1;
        int timesteps = model.Process.Timesteps;
        (double[] decoderBits, double[] klBits, double[] x0Mse, double[] epsMse) = (new double[2], new double[2], new double[2], new double[2]);
        for (int t = timesteps - 1; t >= 0; t--)
        {
            Tensor at = full(2, t, dtype: ScalarType.Int64);
            Tensor seen = full(2, kept is null ? t : kept[t], dtype: ScalarType.Int64);
            Tensor xt = model.Process.QSample(x0, at, GoldenFile.Noise(timesteps - 1 - t, ScalarType.Float64));
            (Tensor bits, Tensor mse) = VariationalBound.Term(model, GoldenFile.StubOf(model)(xt, seen), x0, xt, at, golden["clip"]!.GetValue<bool>(), levels, decoder);
            for (int row = 0; row < 2; row++)
            {
                (t == 0 ? decoderBits : klBits)[row] += GoldenFile.Values(bits)[row];
                x0Mse[row] += GoldenFile.Values(mse)[row];
                epsMse[row] += VariationalBound.EpsMse(model.Process, t, GoldenFile.Values(mse)[row]);
            }
        }

        AssertRows(golden, "prior", GoldenFile.Values(VariationalBound.Prior(model.Process, x0)), 1e-12);
        AssertRows(golden, "decoder", decoderBits, 1e-9);
        AssertRows(golden, "kl", klBits, 1e-9);
        AssertRows(golden, "x0_mse", x0Mse, 1e-9);
        AssertRows(golden, "eps_mse", epsMse, 1e-9);
    }

    private static void AssertRows(JsonNode golden, string name, double[] actual, double absolute)
    {
        for (int row = 0; row < actual.Length; row++)
            GoldenFile.AssertClose(golden["rows"]![row]![name], actual[row], 1e-9, absolute);
    }
}
