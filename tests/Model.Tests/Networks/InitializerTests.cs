using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Randomness;
using TorchSharp.Modules;

namespace DdpmJobs.Model.Tests.Networks;

/// <summary>First weights that several threads make are those that one would make.</summary>
public class InitializerTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 4099)]
    [InlineData(64, 128)]
    public void Weight_MadeInPortions_IsTheStreamInOrder(int outputs, int inputs)
    {
        double limit = Math.Sqrt(3 / ((outputs + inputs) / 2.0));
        using Parameter weight = new Initializer(seed: 9).Weight(1, outputs, inputs);
        Assert.Equal(Expected(outputs * inputs, limit), weight.data<float>().ToArray());
    }

    [Fact]
    public void FanIn_MadeInPortions_IsTheStreamInOrder()
    {
        using Parameter weight = new Initializer(seed: 9).FanIn(16, 7, 1201);
        Assert.Equal(Expected(7 * 1201, 0.25), weight.data<float>().ToArray());
    }

    private static float[] Expected(int count, double limit)
    {
        double[] uniform = new double[count];
        new RandomStream(9, RandomPurpose.Initialization, 0).FillUniform(uniform);
        return [.. uniform.Select(u => (float)((2 * u - 1) * limit))];
    }
}
