using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Quality.Resizing;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class QualityGoldenTests
{
    // What numpy.random.RandomState(2020).permutation(40) gives: the order in which torch-fidelity shuffles 40 samples.
    private static readonly long[] Shuffled =
        [22, 15, 30, 2, 33, 4, 25, 39, 12, 17, 13, 14, 35, 28, 20, 26, 1, 21, 38, 31, 5, 6, 34, 18, 23, 11, 19, 9, 10, 24, 0, 16, 29, 7, 36, 27, 37, 3, 8, 32];

    public static TheoryData<string> Distances => GoldenFile.Cases("metrics", "fid");

    public static TheoryData<string> Scores => GoldenFile.Cases("metrics", "inception_score");

    public static TheoryData<string> Kernels => GoldenFile.Cases("metrics", "kid");

    public static TheoryData<string> Neighbours => GoldenFile.Cases("metrics", "precision_recall");

    public static TheoryData<string> Sizes => GoldenFile.Cases("metrics", "resize", name => name.EndsWith("7x7", StringComparison.Ordinal) || name.EndsWith("3x3", StringComparison.Ordinal) || name.Contains("7x7 ", StringComparison.Ordinal));

    public static TheoryData<string> Enlargements => GoldenFile.Cases("metrics", "resize", name => name.StartsWith("32->299", StringComparison.Ordinal));

    private static JsonObject Golden => GoldenFile.Read("metrics");

    [Fact]
    public void Statistics_OfTheRealFeatures_MatchNumPy()
    {
        using DisposeScope scope = NewDisposeScope();
        FeatureGaussian gaussian = Features.Gaussian(Real());
        GoldenFile.AssertClose(GoldenFile.Numbers(Golden["mean_real"]), gaussian.MeanValues, 1e-12, 0);
        GoldenFile.AssertClose(GoldenFile.Numbers(Golden["cov_real_unbiased"]), gaussian.CovarianceValues, 1e-11, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Distances))]
    public void FrechetDistance_OfACase_MatchesReferences(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor samples, Tensor reference) = name switch
        {
            "real_vs_fake" => (Fake(), Real()),
            "real_vs_real" => (Real(), Real()),
            "constant_vs_fake" => (Fake(), ones_like(Fake())),
            "shift_only" => (Real() + 0.25, Real()),
            "scale_only" => (Real() * 2, Real()),
            _ when name.StartsWith("first6", StringComparison.Ordinal) => (Fake()[..6], Real()[..6]),
            _ => throw new ArgumentException(name),
        };
        foreach ((Tensor one, Tensor other) in new[] { (samples, reference), (reference, samples) })
        {
            FrechetDistance distance = FrechetDistance.Between(Features.Gaussian(one), Features.Gaussian(other));
            foreach ((string program, JsonNode? value) in Golden["fid"]![name]!.AsObject())
            {
                bool leavesOut = program.Contains("official", StringComparison.Ordinal);
                GoldenFile.AssertClose(value, program.StartsWith("trace", StringComparison.Ordinal) ? distance.TraceOfRoot : distance.Value, leavesOut ? 0 : 1e-7, leavesOut ? 2e-5 : 1e-11);
            }

            Assert.Equal(name.StartsWith("first6", StringComparison.Ordinal) ? 2 : 0, distance.Warnings.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Scores))]
    public void InceptionScore_OfACase_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Read("logits");
        if (name.Contains("_shuffle_seed2020", StringComparison.Ordinal))
            logits = logits.index_select(0, tensor(Shuffled));
        int splits = name.StartsWith("official_single", StringComparison.Ordinal) ? 1 : int.Parse(name.Split('_')[2], CultureInfo.InvariantCulture);
        InceptionScore fromLogits = new(40, 10, splits), fromProbabilities = new(40, 10, splits);
        fromLogits.AddLogits(0, logits);
        fromProbabilities.AddProbabilities(0, logits.softmax(1));
        foreach (InceptionScore score in new[] { fromLogits, fromProbabilities })
        {
            (double mean, double deviation) = score.Value();
            JsonNode golden = Golden["inception_score"]![name]!;
            GoldenFile.AssertClose(golden is JsonObject ? golden["mean"] : golden, mean, 1e-12, 0);
            if (golden is JsonObject)
                GoldenFile.AssertClose(golden["std"], deviation, 1e-11, 1e-14);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void KernelDistance_OfACase_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        KernelEstimator estimator = name switch
        {
            "biased" => KernelEstimator.Biased,
            "u-statistic" => KernelEstimator.UStatistic,
            _ => KernelEstimator.Unbiased,
        };
        GoldenFile.AssertClose(Golden["kid"]![name], KernelDistance.Squared(Fake(), Real(), estimator), 1e-10, 0);
    }

    [Theory]
    [MemberData(nameof(Neighbours))]
    public void PrecisionRecall_OfACase_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = Golden["precision_recall"]![name]!;
        int neighbour = int.Parse(name[2..], CultureInfo.InvariantCulture);
        PrecisionRecall whole = PrecisionRecall.Of(Fake(), Real(), neighbour);
        PrecisionRecall batched = PrecisionRecall.Of(Fake(), Real(), neighbour, block: 7);
        GoldenFile.AssertClose(golden["precision"], whole.Precision, 0, 0);
        GoldenFile.AssertClose(golden["recall"], whole.Recall, 0, 0);
        GoldenFile.AssertClose(golden["batched_precision"], batched.Precision, 0, 0);
        GoldenFile.AssertClose(golden["batched_recall"], batched.Recall, 0, 0);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Resize_OfACase_MatchesReference(string name)
    {
        // tf1_bilinear_7x7
        using DisposeScope scope = NewDisposeScope();
        Tensor images = tensor(GoldenFile.Numbers(Golden["inputs"]!["u8"]!["data"]), [2, 3, 4, 4], dtype: ScalarType.Float32)[..1];
        int size = name.Contains("7x7", StringComparison.Ordinal) ? 7 : 3;
        GoldenFile.AssertClose(Golden["resize"]![name], Kind(name).Apply(images, size, size), 1e-5, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Enlargements))]
    public void Resize_ToTheNetworksSize_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = tensor([.. Enumerable.Range(0, 3 * 32 * 32).Select(j => (float)((37 * j * j + 101 * j + 11) % 256))], [1, 3, 32, 32]);
        Tensor resized = Kind(name).Apply(images, 299, 299);
        JsonNode golden = Golden["resize"]![name]!;
        GoldenFile.AssertClose(golden["sum"], resized.to(ScalarType.Float64).sum().item<double>(), 1e-7, 0);
        foreach ((string place, JsonNode? value) in golden["at_[c,y,x]"]!.AsObject())
        {
            long[] at = [.. place.Split(',').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            GoldenFile.AssertClose(value, resized[0, at[0], at[1], at[2]].item<float>(), 1e-5, 5e-4);
        }
    }

    private static Resize Kind(string name) => name switch
    {
        _ when name.Contains("tf1_bilinear", StringComparison.Ordinal) => new Tf1BilinearResize(),
        _ when name.Contains("bilinear_halfpixel", StringComparison.Ordinal) => new BilinearResize(),
        _ when name.Contains("bicubic_antialias", StringComparison.Ordinal) => new BicubicResize(),
        _ => throw new ArgumentException(name),
    };

    private static Tensor Real() => Read("features_real");

    private static Tensor Fake() => Read("features_fake");

    private static Tensor Read(string name) =>
        tensor(GoldenFile.Numbers(Golden[name]!["data"]), [.. GoldenFile.Numbers(Golden[name]!["shape"]).Select(extent => (long)extent)], dtype: ScalarType.Float64);
}
