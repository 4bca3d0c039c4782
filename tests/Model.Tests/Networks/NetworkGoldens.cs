using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

/// <summary>Reference outputs of ermongroup/ddim models/diffusion.py and its inputs; the file names program, version and commit.</summary>
internal static class NetworkGoldens
{
    public static JsonObject Read() => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "networks.json")))!.AsObject();

    public static float[] Floats(JsonNode node) => [.. node.AsArray().Select(value => value!.GetValue<float>())];

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

    public static void AssertClose(float[] expected, Tensor actual, double relative = 1e-4, double absolute = 1e-5)
    {
        float[] values = actual.detach().contiguous().data<float>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - expected[i]) <= absolute + relative * Math.Abs(expected[i]), $"element {i}: expected {expected[i]}, got {values[i]}");
    }
}
