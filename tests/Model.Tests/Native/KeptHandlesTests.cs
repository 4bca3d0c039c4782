using System.Reflection;
using System.Reflection.Emit;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Native;

/// <summary>The TorchSharp.dll beside a program is the one that <c>build/TorchSharp.targets</c> makes.</summary>
/// <remarks>What goes wrong without it depends on when threads are stopped, so that no short test shows it; ARCHITECTURE.md says what was measured.</remarks>
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
