using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Runs our own loops over memory on libtorch's threads.</summary>
/// <remarks>
/// libtorch's OpenMP threads spin for some milliseconds after each operator, so threads of another pool would wait for a core. Its runtime's entry point takes any function;
/// where it is not found (libtorch built with another one), the caller's thread does all the work.
/// </remarks>
internal static unsafe class ThreadTeam
{
    private static readonly Lazy<Runtime?> OpenMp = new(Find);

    /// <summary>Cuts 0..count into as many ranges as the calling thread may use threads, and has each done by one.</summary>
    /// <param name="count">Number of independent parts.</param>
    /// <param name="body">Does the parts from its second argument up to its third, given the context; must not throw. What it writes must not depend on how the parts are cut.</param>
    /// <param name="context">Handed to the body.</param>
    public static void Run(int count, delegate*<void*, int, int, void> body, void* context)
    {
        int threads = Math.Min(torch.get_num_threads(), count);
        if (threads <= 1 || OpenMp.Value is not { } runtime)
        {
            body(context, 0, count);
            return;
        }

        Job job = new() { Body = body, Context = context, Count = count, Runtime = runtime };
        runtime.Parallel(&Enter, &job, (uint)threads, 0);
    }

    /// <summary>The same with a body for each width of vectors, of which the processor's is taken.</summary>
    /// <param name="count">Number of independent parts.</param>
    /// <param name="wide">The body over <see cref="Lanes16"/>.</param>
    /// <param name="narrow">The body over <see cref="Lanes8"/>.</param>
    /// <param name="context">Handed to the body.</param>
    public static void Run(int count, delegate*<void*, int, int, void> wide, delegate*<void*, int, int, void> narrow, void* context) =>
        Run(count, Vectors.AreWide ? wide : narrow, context);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Enter(void* data)
    {
        Job* job = (Job*)data;
        long thread = job->Runtime.ThreadNumber();
        long threads = job->Runtime.Threads();
        job->Body(job->Context, (int)(job->Count * thread / threads), (int)(job->Count * (thread + 1) / threads));
    }

    // GNU's runtime and LLVM's (which has GNU's entry points too) are both loaded by path, under names that packages change: look at what is in the process.
    private static Runtime? Find()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        using Process process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            string name = module.ModuleName;
            if ((name.StartsWith("libgomp", StringComparison.Ordinal) || name.StartsWith("libiomp", StringComparison.Ordinal) || name.StartsWith("libomp", StringComparison.Ordinal))
                && NativeLibrary.TryLoad(module.FileName, out nint library)
                && NativeLibrary.TryGetExport(library, "GOMP_parallel", out nint parallel)
                && NativeLibrary.TryGetExport(library, "omp_get_thread_num", out nint number)
                && NativeLibrary.TryGetExport(library, "omp_get_num_threads", out nint threads))
            {
                return new Runtime
                {
                    Parallel = (delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<void*, void>, void*, uint, uint, void>)parallel,
                    ThreadNumber = (delegate* unmanaged[Cdecl]<int>)number,
                    Threads = (delegate* unmanaged[Cdecl]<int>)threads,
                };
            }
        }

        return null;
    }

    private struct Runtime
    {
        public delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<void*, void>, void*, uint, uint, void> Parallel;
        public delegate* unmanaged[Cdecl]<int> ThreadNumber;
        public delegate* unmanaged[Cdecl]<int> Threads;
    }

    private struct Job
    {
        public delegate*<void*, int, int, void> Body;
        public void* Context;
        public int Count;
        public Runtime Runtime;
    }
}
