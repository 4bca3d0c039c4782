using DdpmJobs.GpuRunner.Slots;

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

    /// <summary>Folder of data sets that are not shipped; empty, the default, means <c>data</c> in the working directory.</summary>
    public string DataFolder { get; set; } = "";

    /// <summary>The same as Model takes it: null for its default.</summary>
    internal string? DataFolderOrDefault => DataFolder.Length > 0 ? DataFolder : null;

    /// <summary>Longest time between two checkpoints of a training; 30 seconds by default.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a free slot asks the store by itself; 5 seconds by default.</summary>
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two progress reports to the store; 1 second by default.</summary>
    public TimeSpan ReportEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time that a shutdown leaves for storing checkpoints and handing jobs back; 45 seconds by default. The host's own shutdown timeout must be longer.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Checks every option.</summary>
    /// <returns>One sentence for each wrong value; empty when all is well.</returns>
    public IReadOnlyList<string> Validate()
    {
        List<string> wrong = [];
        void Require(bool holds, string option, string rule, object value)
        {
            if (!holds)
            {
                wrong.Add($"Runner option {option} must be {rule}; got {value}.");
            }
        }

        Require(Name.Length is > 0 and <= 100, nameof(Name), "1 to 100 characters", $"'{Name}'");
        Require(Pool.Length is > 0 and <= 50 && Pool.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'),
            nameof(Pool), "1 to 50 of the characters a-z, 0-9, - and _", $"'{Pool}'");
        Require(Slots is >= 0 and <= 64, nameof(Slots), "0 (choose for me) to 64", Slots);
        Require(ThreadsPerSlot is >= 1 and <= 256, nameof(ThreadsPerSlot), "1 to 256", ThreadsPerSlot);
        Require(WorkFolder.Length > 0, nameof(WorkFolder), "the path of a folder", "an empty text");
        Require(CheckpointInterval > TimeSpan.Zero, nameof(CheckpointInterval), "positive", CheckpointInterval);
        Require(PollEvery > TimeSpan.Zero, nameof(PollEvery), "positive", PollEvery);
        Require(ReportEvery > TimeSpan.Zero, nameof(ReportEvery), "positive", ReportEvery);
        Require(ShutdownGrace > TimeSpan.Zero, nameof(ShutdownGrace), "positive", ShutdownGrace);
        if (DeviceList.SyntaxError(Devices) is { } error)
        {
            wrong.Add(error);
        }

        return wrong;
    }
}
