using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>What decides the last bits of a training beside its spec: where these are equal on a CPU, the numbers are.</summary>
/// <param name="Device">The kind of device: <c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Threads">CPU threads of the training: sums over a batch are split among them.</param>
/// <param name="Processor">Maker, family and model, as libraries that choose their code by them see it; on other than x86 the architecture.</param>
/// <param name="Instructions">The widest vector instructions, and environment variables that hold libraries back from them.</param>
/// <param name="Libtorch">Version of libtorch.</param>
/// <param name="System">The operating system, whose C library computes logarithms and sines.</param>
/// <param name="Version">Version of this program.</param>
public sealed record TrainingConditions(string Device, int Threads, string Processor, string Instructions, string Libtorch, string System, string Version)
{
    // ATen, oneDNN and MKL choose other code, and with it another order of sums, where one of these is set.
    private static readonly string[] Limits = ["ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR"];

    /// <summary>Those of this process and of the calling thread, which libtorch keeps the number of threads for.</summary>
    /// <param name="device">Device name as libtorch writes it: <c>cpu</c> or <c>cuda:0</c>.</param>
    public static TrainingConditions Now(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new TrainingConditions(
            device.Split(':')[0],
            get_num_threads(),
            NameOfProcessor(),
            NameOfInstructions(),
            __version__,
            $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}",
            typeof(TrainingConditions).Assembly.GetName().Version?.ToString(3) ?? "");
    }

    /// <summary>What is other here than there, in words that follow "went on"; null where nothing is.</summary>
    /// <returns>As in <c>on 2 threads instead of 1, with libtorch 2.11.0 instead of 2.10.0</c>.</returns>
    public string? DifferenceFrom(TrainingConditions before)
    {
        ArgumentNullException.ThrowIfNull(before);
        List<string> differences = [];
        void Compare(string words, object then, object now)
        {
            if (!Equals(then, now))
                differences.Add(string.Format(CultureInfo.InvariantCulture, words, now, then));
        }

        Compare("on {0} instead of {1}", before.Device, Device);
        Compare(Threads == 1 ? "on {0} thread instead of {1}" : "on {0} threads instead of {1}", before.Threads, Threads);
        Compare("on a processor {0} instead of {1}", before.Processor, Processor);
        Compare("with {0} instructions instead of {1}", before.Instructions, Instructions);
        Compare("with libtorch {0} instead of {1}", before.Libtorch, Libtorch);
        Compare("on {0} instead of {1}", before.System, System);
        Compare("with DdpmJobs {0} instead of {1}", before.Version, Version);
        return differences.Count == 0 ? null : string.Join(", ", differences);
    }

    private static string NameOfProcessor()
    {
        if (!X86Base.IsSupported)
            return RuntimeInformation.ProcessArchitecture.ToString();

        // Intel SDM and AMD APM, CPUID: leaf 0 spells the maker in EBX, EDX, ECX; leaf 1 has family and model in EAX.
        (int _, int first, int third, int second) = X86Base.CpuId(0, 0);
        byte[] maker = [.. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second), .. BitConverter.GetBytes(third)];
        int signature = X86Base.CpuId(1, 0).Eax;
        int family = (signature >> 8) & 0xF;
        int model = (signature >> 4) & 0xF;
        if (family is 6 or 0xF)
            model |= ((signature >> 16) & 0xF) << 4;
        if (family == 0xF)
            family += (signature >> 20) & 0xFF;
        return $"{Encoding.ASCII.GetString(maker)} {family}.{model}";
    }

    private static string NameOfInstructions()
    {
        string widest = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : Avx.IsSupported ? "AVX" : X86Base.IsSupported ? "SSE2" : "standard";
        IEnumerable<string> limits = Limits.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(limit => !string.IsNullOrEmpty(limit.Value)).Select(limit => $"{limit.Name}={limit.Value}");
        return string.Join(' ', limits.Prepend(widest));
    }
}
