using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

/// <summary>Reference outputs of ermongroup/ddim models/diffusion.py and improved-diffusion unet.py, and their inputs; the file names programs, versions and commits.</summary>
internal static class NetworkGoldens
{
    public static JsonObject Read() => GoldenFile.Read("networks");

    /// <summary>Names of the networks and blocks that begin with a word, as theory data.</summary>
    public static TheoryData<string> Cases(string prefix) => GoldenFile.Cases("networks", "nets", name => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The whole numbers in a case's name, as 32 and 64 in <c>block 32->64</c>.</summary>
    public static int[] Numbers(string text) => [.. Regex.Matches(text, "[0-9]+").Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture))];

    /// <summary>The value after <c>name=</c> in a case's name.</summary>
    public static string Value(string text, string name) => Regex.Match(text, $@"\b{name}=(\S+)").Groups[1].Value;

    /// <summary>Calls a network on the file's inputs and compares parameter names, shapes, count and output.</summary>
    public static void AssertNetwork(string name, Network network, double absolute = 1e-5)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonObject goldens = Read();
        JsonNode golden = goldens["nets"]![name]!;
        Tensor x = Noise(7, 2, 3, 8, 8);
        long[] shape = [.. golden["output"]!["shape"]!.AsArray().Select(extent => extent!.GetValue<long>())];
        using nn.Module<Tensor, Tensor, Tensor> module = network.Build(3, (int)shape[1], 8, 0, new DropoutContext(0));
        Fill(module, golden["param_order"]!.AsArray());
        GoldenFile.AssertClose(golden["params"], module.parameters().Sum(parameter => parameter.numel()), 0, 0);

        Tensor t = tensor(goldens["t"]!.AsArray().Select(value => value!.GetValue<long>()).ToArray());
        Tensor? labels = golden["labels"] is JsonArray given ? tensor(given.Select(label => label!.GetValue<long>()).ToArray()) : null;
        Tensor y = ConditionalModule.Given(module, labels)(x, t);
        Assert.Equal(shape, y.shape);
        AssertClose(golden["output"]!["data"]!, y, absolute: absolute);
        if (golden["conv_in_sum"] is JsonNode sum)
        {
            Tensor first = nn.functional.conv2d(x, module.get_parameter("conv_in.weight")!, module.get_parameter("conv_in.bias"), padding: [1, 1]);
            GoldenFile.AssertClose(sum, first.to(float64).sum().item<double>(), 1e-4, 1e-3);
        }
    }

    /// <summary>sqrt(2) sin(0.5 + 1.7 i + 2.3 k + 0.01 i k), as the file describes it.</summary>
    public static Tensor Noise(int k, params long[] shape)
    {
        long count = shape.Aggregate(1L, (product, extent) => product * extent);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(2) * Math.Sin(0.5 + 1.7 * i + 2.3 * k + 0.01 * i * k));
        return tensor(values, shape);
    }

    /// <summary>Fills the parameters in the order of the file and checks that it names exactly those of the module.</summary>
    public static void Fill(nn.Module module, JsonArray order)
    {
        Dictionary<string, Parameter> parameters = module.named_parameters().ToDictionary(parameter => parameter.name, parameter => parameter.parameter);
        Assert.Equal(order.Select(entry => entry![0]!.GetValue<string>()).Order(), parameters.Keys.Order());
        using IDisposable quiet = no_grad();
        for (int k = 0; k < order.Count; k++)
        {
            string name = order[k]![0]!.GetValue<string>();
            Parameter parameter = parameters[name];
            Assert.Equal(order[k]![1]!.AsArray().Select(extent => extent!.GetValue<long>()), parameter.shape);
            float[] values = new float[parameter.numel()];
            double shift = parameter.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(0.05 * Math.Sin(0.37 * i + 1.3 * k + 0.7) + shift);
            parameter.copy_(tensor(values, parameter.shape));
        }
    }

    public static void AssertClose(JsonNode expected, Tensor actual, double relative = 1e-4, double absolute = 1e-5) =>
        GoldenFile.AssertClose(expected, actual, relative, absolute);
}
