using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Conformance;
using DdpmJobs.Model.Variances;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Golden;

/// <summary>Values made by running the reference programs, which each file names with version and commit; and the closed-form inputs that they were run on.</summary>
internal static class GoldenFile
{
    private static readonly ConcurrentDictionary<string, JsonObject> Files = new();

    // Which node an array of numbers was read from, so that a comparison knows what it compares with.
    private static readonly ConditionalWeakTable<double[], JsonNode> Origins = [];

    private static readonly double[] Levels = Numbers(Read("process")["inputs"]!["u8"]!["data"]);

    /// <summary>The files, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    /// <summary>Reads a file; all that ask for it get the same tree.</summary>
    public static JsonObject Read(string name) => Files.GetOrAdd(
        name, static name => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")))!.AsObject());

    /// <summary>The file that a node is in, and the names of members and the numbers of items down to it.</summary>
    public static (string File, string[] Path) PlaceOf(JsonNode node)
    {
        List<string> path = [];
        for (JsonNode at = node; at.Parent is JsonNode parent; at = parent)
            path.Add(parent is JsonObject ? at.GetPropertyName() : at.GetElementIndex().ToString(CultureInfo.InvariantCulture));
        path.Reverse();
        return (Files.Single(file => ReferenceEquals(file.Value, node.Root)).Key, [.. path]);
    }

    /// <summary>The cases of a member as theory data.</summary>
    public static TheoryData<string> Cases(string name, string member, Func<string, bool>? only = null)
        => [.. Read(name)[member]!.AsObject().Select(entry => entry.Key).Where(key => only is null || only(key))];

    public static double Number(JsonNode? node) => node!.GetValueKind() == System.Text.Json.JsonValueKind.String
        ? double.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture)
        : node.GetValue<double>();

    /// <summary>Whether <see cref="Number"/> reads it.</summary>
    public static bool IsNumber(JsonNode? node) => node is JsonValue value
        && (value.GetValueKind() == System.Text.Json.JsonValueKind.Number || (value.TryGetValue(out string? text) && text is "NaN" or "Infinity" or "-Infinity"));

    public static double[] Numbers(JsonNode? node)
    {
        double[] numbers = [.. node!.AsArray().Select(Number)];
        Origins.AddOrUpdate(numbers, node);
        return numbers;
    }

    /// <summary>The pixels that the files store, as x0 = u8 / 127.5 - 1, (2, 3, 4, 4).</summary>
    public static Tensor X0(ScalarType type)
    {
        return tensor([.. Levels.Select(level => level / 127.5 - 1)], [2, 3, 4, 4], dtype: ScalarType.Float64).to(type);
    }

    /// <summary>sqrt(2) sin(0.5 + 1.7 i + 2.3 k + 0.01 i k), rounded to float32, (2, 3, 4, 4).</summary>
    public static Tensor Noise(int k, ScalarType type = ScalarType.Float32)
    {
        float[] values = new float[96];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(Math.Sqrt(2) * Math.Sin(0.5 + 1.7 * i + 2.3 * k + 0.01 * i * k));
        return tensor(values, [2, 3, 4, 4]).to(type);
    }

    /// <summary>The stub network: 0.5 x + 0.25 sin(0.01 t + c).</summary>
    public static Tensor Stub(Tensor xt, Tensor t)
    {
        Tensor c = arange(xt.shape[1], dtype: xt.dtype).reshape(1, -1, 1, 1);
        return 0.5 * xt + 0.25 * (0.01 * t.to(xt.dtype).reshape(-1, 1, 1, 1) + c).sin();
    }

    /// <summary>The stub network of a model: where the variance is learned, the second C channels are 0.1 x + 0.3 cos(0.02 t + c).</summary>
    public static Func<Tensor, Tensor, Tensor> StubOf(DiffusionModel model) => model.Variance.OutputsPerChannel == 1 ? Stub : (xt, t) =>
    {
        Tensor c = arange(xt.shape[1], dtype: xt.dtype).reshape(1, -1, 1, 1);
        return cat([Stub(xt, t), 0.1 * xt + 0.3 * (0.02 * t.to(xt.dtype).reshape(-1, 1, 1, 1) + c).cos()], 1);
    };

    /// <summary>A schedule as improved-diffusion names it: its linear one multiplies both ends by 1000 / T.</summary>
    public static double[] ImprovedBetas(string schedule, int timesteps) => schedule == "cosine"
        ? new CosineSchedule().Betas(timesteps)
        : new LinearSchedule { BetaStart = 1e-4 * 1000 / timesteps, BetaEnd = 0.02 * 1000 / timesteps }.Betas(timesteps);

    /// <summary>The model of a case's words, as in <c>linear/T=1000</c>, <c>eps</c>, <c>fixedlarge</c>.</summary>
    public static DiffusionModel Model(string schedule, string timesteps, string prediction, string variance)
        => Model(ImprovedBetas(schedule, int.Parse(timesteps[2..], CultureInfo.InvariantCulture)), prediction, variance);

    public static DiffusionModel Model(double[] betas, string prediction, string variance) => new(
        new GaussianDiffusion(betas),
        prediction switch
        {
            "eps" => new EpsilonPrediction(),
            "xstart" => new X0Prediction(),
            "xprev" => new MuPrediction(),
            "v" => new VPrediction(),
            _ => throw new ArgumentException(prediction),
        },
        variance switch
        {
            "fixedlarge" => new FixedLargeVariance(),
            "fixedsmall" => new FixedSmallVariance(),
            "learned" => new LearnedVariance(),
            "learned_range" => new LearnedRangeVariance(),
            _ => throw new ArgumentException(variance),
        });

    /// <summary>The timesteps of a case's <c>t=[0, 1]</c>.</summary>
    public static Tensor T(string words)
        => tensor([.. words[3..^1].Split(',').Select(t => long.Parse(t, CultureInfo.InvariantCulture))], dtype: ScalarType.Int64);

    public static double[] Values(Tensor actual) => actual.detach().to(ScalarType.Float64).contiguous().flatten().data<double>().ToArray();

    public static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double relative, double absolute)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            bool close = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= absolute + relative * Math.Abs(expected[i]);
            Assert.True(close, FormattableString.Invariant($"element {i}: expected {expected[i]:R}, got {actual[i]:R}"));
        }

        if (expected is double[] numbers && Origins.TryGetValue(numbers, out JsonNode? node))
            ConformanceReport.Note(node, expected, actual, relative, absolute);
    }

    /// <summary>Compares one number.</summary>
    public static void AssertClose(JsonNode? expected, double actual, double relative, double absolute)
    {
        double[] number = [Number(expected)];
        Origins.Add(number, expected!);
        AssertClose(number, [actual], relative, absolute);
    }

    public static void AssertClose(JsonNode? expected, Tensor actual, double relative, double absolute)
        => AssertClose(Numbers(expected), Values(actual), relative, absolute);
}
