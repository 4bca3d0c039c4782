using System.Text.RegularExpressions;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Scheduler.Sweeps;
using TorchSharp;

namespace DdpmJobs.Cli.Tests.Samples;

/// <summary>What docs/sampling.md and samples/modes.yaml write is accepted, and draws.</summary>
public sealed partial class SampleModesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public static TheoryData<string> Kinds => [.. Model.Specs.Kinds.Families().Single(f => f.Name == "sample_mode").Kinds.Select(k => k.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Draw_ExampleOfThePage_LeavesAPictureAndAFile(string kind)
    {
        // The section of a mode has one example, of that mode.
        string section = Repository.Read("docs", "sampling.md").Split("\n## ").Single(part => part.StartsWith(kind + "\n", StringComparison.Ordinal));
        string yaml = Assert.Single(Example().Matches(section)).Groups[1].Value;
        RunSpec spec = SweepFile.Parse($"name: page\nrun:\n  data: optdigits\n  network: {{ kind: ddpm_unet, multipliers: [1, 2], attention: [4] }}\n{Regex.Replace(yaml, "^", "  ", RegexOptions.Multiline)}", "page.yaml", "test").Runs[0].Spec;
        Assert.Equal(kind, Model.Specs.Kinds.NameOf(spec.Sampling.Mode));
        Draw(spec);
    }

    [Fact]
    public void Draw_RunsOfTheSample_AreAllModes()
    {
        RunSpec[] runs = [.. SweepFile.Parse(Repository.Read("samples", "modes.yaml"), "modes.yaml", "test").Runs.Select(run => run.Spec)];
        Assert.Equal(Kinds.Select(row => row.Data).Order(), runs.Select(run => Model.Specs.Kinds.NameOf(run.Sampling.Mode)).Order());
        foreach (RunSpec run in runs)
            Draw(run);
    }

    // The mode as it is written, from a network that was hardly trained; few images, and fewer timesteps where the mode names none.
    private void Draw(RunSpec spec)
    {
        torch.set_num_threads(1);
        spec = spec with
        {
            Network = new DdpmUnet { Channels = 8, Multipliers = [1], Blocks = 1, Attention = [], Groups = 4 },
            Process = spec.Process with { Timesteps = spec.Sampling.Mode is ImageInterpolationMode ? 1000 : 200 },
            Training = spec.Training with { Steps = 1, BatchSize = 2 },
            Sampling = spec.Sampling with { Count = Math.Min(spec.Sampling.Count, 2) },
        };
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, Guid.CreateVersion7().ToString("N"))).FullName;
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = folder }, CancellationToken.None).Checkpoint;
        SampleSet set = SampleWriter.Write(spec, checkpoint, "cpu", null, folder, null, CancellationToken.None);
        Assert.True(new FileInfo(set.GridPng).Length > 100);
        Assert.True(SampleFile.Read(set.Images).Shape.N >= spec.Sampling.Count);
    }

    [GeneratedRegex("^```yaml\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Example();
}
