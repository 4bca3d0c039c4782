namespace DdpmJobs.GpuRunner;

/// <summary>How a runner is deployed. Nothing here changes a number but <see cref="ThreadsPerSlot"/> (in the last bits) and the device.</summary>
public sealed class RunnerOptions
{
    /// <summary>Its name; host and process id by default.</summary>
    public string Name { get; set; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>Its pool.</summary>
    public string Pool { get; set; } = "default";

    /// <summary><c>auto</c> (every CUDA device if there is one, else the CPU; the default), <c>cpu</c> or <c>cuda:0,cuda:1</c>.</summary>
    public string Devices { get; set; } = "auto";

    /// <summary>Jobs at once; 0, the default, means one for each CUDA device, or on the CPU one for each core up to 4.</summary>
    public int Slots { get; set; }

    /// <summary>CPU threads of one job; 1 by default, so that numbers do not depend on the machine's core count.</summary>
    public int ThreadsPerSlot { get; set; } = 1;

    /// <summary>Folder for files on their way to the artifact store; <c>ddpm-data/work</c> by default.</summary>
    public string WorkFolder { get; set; } = "ddpm-data/work";

    /// <summary>Folder of data sets that are not shipped; empty for the default.</summary>
    public string DataFolder { get; set; } = "";

    /// <summary>Longest time between two checkpoints of a training; 30 seconds by default.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a free slot asks the store by itself; 5 seconds by default.</summary>
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two progress reports to the store; 1 second by default.</summary>
    public TimeSpan ReportEvery { get; set; } = TimeSpan.FromSeconds(1);
}
