using DdpmJobs.Model.Devices;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Devices;

public sealed class Tf32Tests : IDisposable
{
    private readonly (bool Products, bool Convolutions) _before = (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32);

    public void Dispose() => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = _before;

    [Fact]
    public void Hold_OnCuda_SetsBothSwitchesOfLibtorch()
    {
        // The switches are there without a CUDA device.
        using (Tf32.Hold("cuda:0", allowed: true, CancellationToken.None))
            Assert.Equal((true, true), (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32));
        using (Tf32.Hold("cuda:1", allowed: false, CancellationToken.None))
            Assert.Equal((false, false), (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32));
    }

    [Fact]
    public void Hold_OnTheCpu_DoesNothing()
    {
        Tf32.Allow(true);
        Assert.Null(Tf32.Hold("cpu", allowed: false, CancellationToken.None));
        Assert.True(backends.cudnn.allow_tf32);
    }
}
