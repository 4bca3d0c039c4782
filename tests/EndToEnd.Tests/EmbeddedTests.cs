using System.Text.Json.Nodes;
using DdpmJobs.Model.Training;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary><c>ddpm run</c>: everything in one process, nothing installed.</summary>
public class EmbeddedTests
{
    private static readonly Dictionary<string, string> Plain = [];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Run_TinySweep_TrainsEvaluatesSamplesAndRanks()
    {
        using var scratch = new ScratchFolder();
        string file = TinySweep.Write(scratch.Path, "tiny", steps: 30);

        await using CliProcess run = CliProcess.Start(scratch.Path, Plain, "run", file);
        Assert.True(await run.EndAsync(Limit) == 0, run.Describe());

        // The leaderboard names both runs, and the pictures it names are there.
        Assert.Contains("prediction=epsilon", run.Output);
        Assert.Contains("prediction=v", run.Output);
        string[] pictures = Directory.GetFiles(Path.Combine(scratch.Path, "ddpm-data"), "*.png", SearchOption.AllDirectories);
        Assert.Equal(3, pictures.Length);
        Assert.All(pictures, picture => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(picture)[..4]));
        Assert.Contains("sweep.png", run.Output);

        // The same command again finds everything done.
        await using CliProcess again = CliProcess.Start(scratch.Path, Plain, "run", file, "--json");
        Assert.True(await again.EndAsync(Limit) == 0, again.Describe());
        Assert.NotNull(JsonNode.Parse(again.Output));
        Assert.Equal(6, EmbeddedStore.First<long>(scratch.Path, "select count(*) from attempt"));
        Assert.Equal(2, EmbeddedStore.First<long>(scratch.Path, "select count(*) from v1_sweep_leaderboard"));
    }

    [Fact]
    public async Task Run_SampleModes_LeavesAPictureOfEachAndRanksWhatTheyMeasure()
    {
        using var scratch = new ScratchFolder();
        string file = TinySweep.Write(scratch.Path, "modes", steps: 5);
        File.WriteAllText(file, File.ReadAllText(file)
            .Replace("ddim, steps: 5 }, count: 8", "ddim, steps: 5, clip_denoised: false }, count: 2", StringComparison.Ordinal)
            .Replace("process.prediction: [epsilon, v]", "sampling.mode: [progressive, interpolation, latent_interpolation, reconstruction]", StringComparison.Ordinal));

        await using CliProcess run = CliProcess.Start(scratch.Path, Plain, "run", file);
        Assert.True(await run.EndAsync(Limit) == 0, run.Describe());

        // A picture of each run, and one of all.
        string[] pictures = [.. Directory.GetFiles(Path.Combine(scratch.Path, "ddpm-data", "results"), "*.png", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["00-mode=progressive.png", "01-mode=interpolation.png", "02-mode=latent_interpolation.png", "03-mode=reconstruction.png", "sweep.png"], pictures);
        Assert.Contains("reconstruction_mse", run.Output);
        Assert.Equal(1, EmbeddedStore.First<long>(scratch.Path, "select count(*) from v1_sweep_leaderboard where metric = 'reconstruction_mse'"));
    }

    [Fact]
    public async Task Run_WithCheckpointsOfElsewhere_EvaluatesAndSamplesThemWithoutTraining()
    {
        using var trained = new ScratchFolder();
        using var elsewhere = new ScratchFolder();
        string file = TinySweep.Write(trained.Path, "adopted", steps: 30);
        await using CliProcess first = CliProcess.Start(trained.Path, Plain, "run", file);
        Assert.True(await first.EndAsync(Limit) == 0, first.Describe());
        string[] checkpoints = [.. Enumerable.Range(0, 2).Select(run => EmbeddedStore.First<string>(
            trained.Path, $"select a.sha256 from artifact a join run r on r.id = a.run_id where a.kind = 'checkpoint' and a.step = 30 and r.\"index\" = {run}"))
            .Select(sha256 => Path.Combine(trained.Path, "ddpm-data", "artifacts", sha256[..2], sha256[2..]))];

        await using CliProcess second = CliProcess.Start(elsewhere.Path, Plain, "run", file, "--checkpoint", checkpoints[0], "--checkpoint", checkpoints[1]);
        Assert.True(await second.EndAsync(Limit) == 0, second.Describe());
        Assert.Equal(0, EmbeddedStore.First<long>(elsewhere.Path, "select count(*) from v1_metric_point where metric = 'train/loss'"));
        Assert.Equal(2, EmbeddedStore.First<long>(elsewhere.Path, "select count(*) from v1_job_timeline where kind = 'train' and resumed_at_step = 30 and ending = 'succeeded'"));
        foreach (int run in new[] { 0, 1 })
        {
            string value = $"select printf('%.17g', e.value) from evaluation e join run r on r.id = e.run_id where r.\"index\" = {run}";
            Assert.Equal(EmbeddedStore.First<string>(trained.Path, value), EmbeddedStore.First<string>(elsewhere.Path, value));
        }

        // A run's own checkpoint changes nothing in it.
        await using CliProcess late = CliProcess.Start(trained.Path, Plain, "run", file, "--checkpoint", checkpoints[0], "--json");
        Assert.True(await late.EndAsync(Limit) == 0, late.Describe());
    }

    [Fact]
    public async Task Run_InterruptedAndRunAgain_EndsAsIfNeverInterrupted()
    {
        using var interrupted = new ScratchFolder();
        using var whole = new ScratchFolder();
        string file = TinySweep.Write(interrupted.Path, "resume", steps: 600);

        // Stop it in the middle of the training, as Ctrl-C does.
        await using (CliProcess first = CliProcess.Start(interrupted.Path, Plain, "run", file))
        {
            await EmbeddedStore.UntilAsync(interrupted.Path, "select count(*) > 4 from metric_chunk", first);
            AssertHasHugePages(first);
            first.Interrupt();
            Assert.True(await first.EndAsync(Limit) == 130, first.Describe());
        }

        Assert.True(EmbeddedStore.First<long>(interrupted.Path, "select count(*) from attempt where ending = 'handed_back'") > 0);
        Assert.True(EmbeddedStore.First<long>(interrupted.Path, "select count(*) from artifact where kind = 'checkpoint'") > 0);

        // Run it again, and elsewhere from the start.
        await using CliProcess second = CliProcess.Start(interrupted.Path, Plain, "run", file);
        Assert.True(await second.EndAsync(Limit) == 0, second.Describe());
        await using CliProcess undisturbed = CliProcess.Start(whole.Path, Plain, "run", file);
        Assert.True(await undisturbed.EndAsync(Limit) == 0, undisturbed.Describe());

        Assert.True(EmbeddedStore.First<long>(interrupted.Path, "select count(*) from attempt where resumed_at_step > 0") > 0);
        string[] expected = await Curves.OfSqliteAsync(EmbeddedStore.FileOf(whole.Path));
        Assert.True(expected.Length > 2 * 600);
        Assert.Equal(expected, await Curves.OfSqliteAsync(EmbeddedStore.FileOf(interrupted.Path)));
    }

    // The process that was started has begun itself anew, under the same number, with what its memory needs; it is not set for the tests.
    private static void AssertHasHugePages(CliProcess process)
    {
        if (!TensorMemory.IsGlibc)
            return;
        string environment = File.ReadAllText($"/proc/{process.Id}/environ").Replace('\0', ':'); // older versions of glibc cut the settings there
        Assert.Contains($":{TensorMemory.Tunables}={TensorMemory.WithTunables(null)}:", environment, StringComparison.Ordinal);
    }
}
