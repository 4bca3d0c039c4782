using System.Reflection;
using System.Reflection.Emit;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Native;

/// <summary>The TorchSharp.dll beside a program is the one that <c>build/TorchSharp.targets</c> makes.</summary>
public sealed class KeptHandlesTests
{
    [Fact]
    public void Methods_ThatReadAHandle_KeepItsOwnerAlive()
    {
        MethodInfo keepAlive = typeof(GC).GetMethod(nameof(GC.KeepAlive))!;
        MethodInfo[] readers = [.. typeof(Tensor).GetMethods().Where(method => method.Name is "mul" or "add" or "clamp" && method.GetMethodBody() is not null)];
        Assert.Contains(readers, method => Calls(method).Any(called => called?.Name == "get_Handle"));
        Assert.All(readers.Where(method => Calls(method).Any(called => called?.Name == "get_Handle")), method => Assert.Contains(keepAlive, Calls(method)));
    }

    // Without it some hundred of these rounds threw, and the part without a scope brought the process down.
    [Fact]
    public void Operations_UnderConstantCollections_AreRight()
    {
        bool done = false;
        Thread collector = new(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect(0);
                Thread.Yield();
            }
        });
        collector.Start();
        try
        {
            using Tensor ones = torch.ones(16);
            for (int round = 0; round < 20_000; round++)
            {
                using (NewDisposeScope())
                {
                    Tensor sum = (ones * 3.25).add(ones, alpha: 0.5).clamp(-100.0, 100.0);
                    Assert.Equal(3.75f, sum[0].item<float>());
                }

                using Tensor same = ones.neg().abs().square().relu().neg().neg().sqrt();
                Assert.Equal(1f, same.ReadCpuSingle(0));
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            collector.Join();
        }
    }

    private static IEnumerable<MethodBase?> Calls(MethodInfo method)
    {
        // Every place where the four bytes after a call's opcode are a method's token; a few others that look alike do no harm.
        byte[] il = method.GetMethodBody()!.GetILAsByteArray()!;
        for (int i = 0; i + 4 < il.Length; i++)
        {
            if (il[i] == OpCodes.Call.Value || il[i] == OpCodes.Callvirt.Value)
                yield return Resolve(method.Module, BitConverter.ToInt32(il, i + 1));
        }
    }

    private static MethodBase? Resolve(Module module, int token)
    {
        try
        {
            return module.ResolveMethod(token);
        }
        catch (Exception error) when (error is ArgumentException or BadImageFormatException)
        {
            return null;
        }
    }
}
