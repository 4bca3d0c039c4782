namespace DdpmJobs.GpuRunner.Slots;

/// <summary>Turns the option <see cref="RunnerOptions.Devices"/> into slots.</summary>
public static class DeviceList
{
    /// <summary>Slots on the CPU when nobody says how many: more would starve one another of memory bandwidth.</summary>
    private const int MostCpuSlots = 4;

    /// <summary>One slot for each CUDA device (or as many as asked, in turn), or on the CPU one for each core up to 4.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="cudaDevices">Counts the CUDA devices; called only where the answer depends on it, since it loads libtorch.</param>
    /// <param name="cores">Cores of the machine.</param>
    /// <exception cref="RunnerStartException">A named device is not there.</exception>
    public static IReadOnlyList<Slot> Slots(RunnerOptions options, Func<int> cudaDevices, int cores)
    {
        IReadOnlyList<string> devices = Devices(options.Devices, cudaDevices);
        int count = options.Slots > 0 ? options.Slots
            : devices is ["cpu"] ? Math.Clamp(cores, 1, MostCpuSlots)
            : devices.Count;
        return [.. Enumerable.Range(0, count).Select(number => new Slot(number, devices[number % devices.Count]))];
    }

    /// <summary>What is wrong with the text of the option, in one sentence; null when it can be read.</summary>
    public static string? SyntaxError(string devices)
    {
        string[] names = Split(devices);
        bool valid = names is ["auto"] or ["cpu"] || (names.Length > 0 && names.All(name => Number(name) is not null));
        return !valid ? $"Runner option Devices must be auto, cpu or a list as in cuda:0,cuda:1; got '{devices}'."
            : names.Distinct(StringComparer.Ordinal).Count() < names.Length ? $"Runner option Devices names a device twice; got '{devices}'."
            : null;
    }

    private static IReadOnlyList<string> Devices(string text, Func<int> cudaDevices)
    {
        string[] names = Split(text);
        if (names is ["cpu"])
        {
            return names;
        }

        int there = cudaDevices();
        if (names is ["auto"])
        {
            return there > 0 ? [.. Enumerable.Range(0, there).Select(number => $"cuda:{number}")] : ["cpu"];
        }

        foreach (string name in names)
        {
            if (Number(name) >= there)
            {
                throw new RunnerStartException(
                    $"Runner option Devices names {name}, but libtorch sees {(there == 0 ? "no CUDA device" : $"only cuda:0 to cuda:{there - 1}")} here; "
                    + "use auto or cpu, or a build with CUDA on a machine with that device.", null);
            }
        }

        return names;
    }

    private static string[] Split(string devices) => devices.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static int? Number(string name)
        => name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out int number) && number >= 0 && name == $"cuda:{number}" ? number : null;
}
