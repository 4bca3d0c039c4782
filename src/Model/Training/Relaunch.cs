using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Training;

/// <summary>Begins the process anew, in its place, with what glibc reads only at the start of a process (<see cref="TensorMemory.WithTunables"/>).</summary>
public static unsafe partial class Relaunch
{
    // Names the process that has begun anew: where the settings do not arrive, it would do so for ever.
    private const string Mark = "DDPM_RELAUNCHED";

    /// <summary>
    /// To be called first of all in a process that will hold tensors for long. Does not return where the process begins anew: same number, same arguments, files and signals. Does nothing where that is not needed,
    /// would shake off a debugger, or cannot be done.
    /// </summary>
    public static void ForTensors()
    {
        string process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (Debugger.IsAttached || !TensorMemory.IsGlibc || Environment.GetEnvironmentVariable(Mark) == process)
            return;
        string? set = Environment.GetEnvironmentVariable(TensorMemory.Tunables);
        string wanted = TensorMemory.WithTunables(set);
        if (wanted != set && SetVariable(Mark, process, 1) == 0 && SetVariable(TensorMemory.Tunables, wanted, 1) == 0)
            Execute();
    }

    private static void Execute()
    {
        // Each argument ends with a zero; so does the list of pointers to them.
        byte[] line = File.ReadAllBytes("/proc/self/cmdline");
        fixed (byte* first = line)
        {
            List<nint> arguments = [];
            for (int start = 0; start < line.Length; start = Array.IndexOf(line, (byte)0, start) + 1)
                arguments.Add((nint)(first + start));
            arguments.Add(0);
            fixed (nint* list = arguments.ToArray())
                ExecuteFile("/proc/self/exe", list);
        }
    }

    // .NET's own variables are a copy, which a program that takes this one's place does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecuteFile(string path, nint* arguments);
}
