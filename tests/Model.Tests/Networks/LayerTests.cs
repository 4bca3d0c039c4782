using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public class LayerTests
{
    private static readonly JsonObject Goldens = NetworkGoldens.Read();
    private static readonly LayerPlan Plan = new(new Initializer(0), 32, 0, new DropoutContext(0), 16);

    public static TheoryData<string> Embeddings => GoldenFile.Cases("networks", "timestep_embedding");

    public static TheoryData<string> ResidualBlocks => NetworkGoldens.Cases("ddpm ResnetBlock");

    public static TheoryData<string> AttentionBlocks => NetworkGoldens.Cases("ddpm AttnBlock");

    public static TheoryData<string> Downsamplings => NetworkGoldens.Cases("ddpm Downsample");

    public static TheoryData<string> Normalizations => NetworkGoldens.Cases("GroupNorm");

    [Theory]
    [MemberData(nameof(Embeddings))]
    public void TimestepEmbedding_EveryWidth_MatchesTheReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor t = tensor(Goldens["timesteps"]!.AsArray().Select(value => value!.GetValue<long>()).ToArray());
        int width = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "dim"))[0];
        Tensor actual = name.StartsWith("improved", StringComparison.Ordinal) ? TimestepEmbedding.Improved(t, width) : TimestepEmbedding.Of(t, width);
        JsonNode golden = Goldens["timestep_embedding"]![name]!;
        if (!name.EndsWith("/first_last", StringComparison.Ordinal))
        {
            NetworkGoldens.AssertClose(golden["data"]!, actual, relative: 1e-4, absolute: 1e-4);
            return;
        }

        // The first two, the two in the middle and the last of each row.
        for (int row = 0; row < t.shape[0]; row++)
        {
            Tensor ends = cat([actual[row, ..2], actual[row, (width / 2 - 1)..(width / 2 + 1)], actual[row, (width - 1)..]]);
            NetworkGoldens.AssertClose(golden[row]!, ends, relative: 1e-4, absolute: 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(ResidualBlocks))]
    public void ResidualBlock_ReferenceWeights_MatchesTheReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        int[] widths = NetworkGoldens.Numbers(name);
        using ResidualBlock block = new(Plan with { TimeWidth = widths[2] }, widths[0], widths[1]);
        // The reference applies the activation to the embedding inside the block; here the network does, once for all blocks.
        Tensor time = nn.functional.silu(NetworkGoldens.Noise(9, 2, widths[2]));
        AssertBlock(name, block, () => block.forward(NetworkGoldens.Noise(8, 2, widths[0], 4, 4), time));
    }

    [Theory]
    [MemberData(nameof(AttentionBlocks))]
    public void AttentionBlock_ReferenceWeights_MatchesTheReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        int width = NetworkGoldens.Numbers(name)[0];
        using AttentionBlock block = new(Plan, width);
        AssertBlock(name, block, () => block.forward(NetworkGoldens.Noise(8, 2, width, 4, 4)));
    }

    [Theory]
    [MemberData(nameof(Downsamplings))]
    public void Downsampling_ReferenceWeights_PadsRightAndBottom(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        int width = NetworkGoldens.Numbers(name)[0];
        using Downsampling layer = new(new Initializer(0), width);
        AssertBlock(name, layer, () => layer.forward(NetworkGoldens.Noise(8, 2, width, 4, 4)));
    }

    [Theory]
    [MemberData(nameof(Normalizations))]
    public void GroupNormalization_ReferenceWeights_MatchesTheReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        int[] numbers = NetworkGoldens.Numbers(name);
        double epsilon = double.Parse(NetworkGoldens.Value(name, "eps").TrimEnd(')'), CultureInfo.InvariantCulture);
        using GroupNormalization layer = new(new Initializer(0), numbers[1], numbers[0], epsilon);
        NetworkGoldens.Fill(layer, new JsonArray(new JsonArray("weight", new JsonArray((long)numbers[1])), new JsonArray("bias", new JsonArray((long)numbers[1]))));
        Tensor y = layer.forward(NetworkGoldens.Noise(10, 2, numbers[1], 2, 2), null);
        NetworkGoldens.AssertClose(Goldens["nets"]![name]!["output_first_sample_first_8_channels"]!, y[0, ..8].flatten());
    }

    [Fact]
    public void GroupNormalization_TinyInput_HasTheOfficialEpsilon()
    {
        using DisposeScope scope = NewDisposeScope();
        using GroupNormalization layer = new(new Initializer(0), 1, 1);
        // Variance 1e-6 beside epsilon 1e-6 halves the square: with PyTorch's 1e-5 the result would be 0.3015.
        Tensor y = layer.forward(tensor(new float[] { 1e-3f, -1e-3f }, [1, 1, 1, 2]), null);
        Assert.Equal(0.70711, y[0, 0, 0, 0].item<float>(), 1e-4);
    }

    private static void AssertBlock(string name, nn.Module block, Func<Tensor> call)
    {
        JsonNode golden = Goldens["nets"]![name]!;
        NetworkGoldens.Fill(block, golden["param_order"]!.AsArray());
        Tensor y = call();
        NetworkGoldens.AssertClose(golden["output_first_sample_first_4_channels"]!, y[0, ..4].flatten());
        if (golden["output_sum"] is JsonNode sum)
            GoldenFile.AssertClose(sum, y.to(float64).sum().item<double>(), 0, 1e-3);
        if (golden["params"] is JsonNode count)
            GoldenFile.AssertClose(count, block.parameters().Sum(parameter => parameter.numel()), 0, 0);
    }
}
