using DdpmJobs.GpuRunner.Slots;

namespace DdpmJobs.GpuRunner.Tests.Slots;

public sealed class DeviceListTests
{
    [Theory]
    [InlineData("auto", 0, 0, 2, "cpu,cpu")]
    [InlineData("auto", 0, 0, 32, "cpu,cpu,cpu,cpu")]
    [InlineData("auto", 3, 0, 2, "cpu,cpu,cpu")]
    [InlineData("auto", 0, 2, 32, "cuda:0,cuda:1")]
    [InlineData("cuda:1", 0, 2, 32, "cuda:1")]
    [InlineData("cuda:1, cuda:0", 3, 2, 32, "cuda:1,cuda:0,cuda:1")]
    [InlineData("cpu", 1, 2, 32, "cpu")]
    public void Slots_OfOptions_AreThese(string devices, int slots, int cuda, int cores, string expected)
    {
        RunnerOptions options = new() { Devices = devices, Slots = slots };

        IReadOnlyList<Slot> list = DeviceList.Slots(options, () => cuda, cores);

        Assert.Equal(expected, string.Join(',', list.Select(slot => slot.Device)));
        Assert.Equal(Enumerable.Range(0, list.Count), list.Select(slot => slot.Number));
    }

    [Fact]
    public void Slots_CpuAsked_DoesNotLookForCuda()
        => DeviceList.Slots(new RunnerOptions { Devices = "cpu" }, () => throw new InvalidOperationException("libtorch was loaded"), 1);

    [Theory]
    [InlineData(0, "no CUDA device")]
    [InlineData(1, "only cuda:0 to cuda:0")]
    public void Slots_DeviceNotThere_NamesIt(int cuda, string says)
    {
        RunnerStartException error = Assert.Throws<RunnerStartException>(() => DeviceList.Slots(new RunnerOptions { Devices = "cuda:1" }, () => cuda, 2));

        Assert.Contains("cuda:1", error.Message);
        Assert.Contains(says, error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:01")]
    [InlineData("cpu,cuda:0")]
    [InlineData("cuda:0,cuda:0")]
    public void Validate_BadDevices_SaysTheValue(string devices)
        => Assert.Contains($"'{devices}'", Assert.Single(new RunnerOptions { Devices = devices }.Validate()));
}
