using System.Text.Json.Nodes;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary><c>ddpm run</c> when things break: the process is killed, the disk refuses, a file is damaged. The same command again ends with the same numbers.</summary>
public class FailureTests
{
    private const int Steps = 500;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Dictionary<string, string> OftenSaved = new() { ["DDPM__Runner__CheckpointInterval"] = "00:00:01" };

    [Fact]
    public async Task Run_KilledAtSeveralMoments_ResumesAtOnceAndEndsAsIfUndisturbed()
    {
        using var scratch = new ScratchFolder();
        string file = TinySweep.Write(scratch.Path, "killed", Steps);

        // While it starts: with the folder just taken, and in the middle of making the database.
        await KillAsync(scratch, file, run => EmbeddedStore.UntilAsync(() => File.Exists(Path.Combine(scratch.Path, "ddpm-data", "ddpm.lock")), run));
        await KillAsync(scratch, file, run => EmbeddedStore.UntilAsync(() => File.Exists(EmbeddedStore.FileOf(scratch.Path)), run));

        // As soon as a job is claimed, and after the first checkpoints.
        await KillAsync(scratch, file, run => EmbeddedStore.UntilAsync(scratch.Path, "select count(*) from job where state = 'running'", run));
        await KillAsync(scratch, file, run => EmbeddedStore.UntilAsync(scratch.Path, "select count(*) > 1 from artifact where kind = 'checkpoint' and step < 250", run));

        await using CliProcess last = CliProcess.Start(scratch.Path, OftenSaved, "run", file);
        Assert.True(await last.EndAsync(Limit) == 0, last.Describe());
        Assert.Equal(await Undisturbed.CurvesAsync(Steps), await Curves.OfSqliteAsync(EmbeddedStore.FileOf(scratch.Path)));

        // Nobody waited for the leases of the dead.
        Assert.True(EmbeddedStore.First<long>(scratch.Path, "select count(*) from attempt where ending = 'lost'") > 0);
        Assert.Equal(0, EmbeddedStore.First<long>(scratch.Path, "select count(*) from attempt where ending = 'lost' and error <> 'the process that worked on it was killed'"));
        Assert.True(EmbeddedStore.First<long>(scratch.Path, "select count(*) from attempt where resumed_at_step > 0") > 0);
    }

    [Fact]
    public async Task Run_NewestCheckpointDamaged_GoesOnFromTheOneBeforeAndSaysSo()
    {
        using var scratch = new ScratchFolder();
        string file = TinySweep.Write(scratch.Path, "damaged", Steps);
        await KillAsync(scratch, file, run => EmbeddedStore.UntilAsync(
            scratch.Path, "select count(*) from (select run_id from artifact where kind = 'checkpoint' and dropped_at is null and step < 500 group by run_id having count(*) > 1)", run));

        // One bit of the newest checkpoint of a run that has an older one.
        string newest = EmbeddedStore.First<string>(
            scratch.Path, "select sha256 from artifact a where kind = 'checkpoint' and step = (select max(step) from artifact b where b.run_id = a.run_id and b.kind = 'checkpoint') "
                + "and (select count(*) from artifact b where b.run_id = a.run_id and b.kind = 'checkpoint' and b.dropped_at is null) > 1");
        string path = Path.Combine(scratch.Path, "ddpm-data", "artifacts", newest[..2], newest[2..]);
        byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        await using CliProcess again = CliProcess.Start(scratch.Path, OftenSaved, "run", file);
        Assert.True(await again.EndAsync(Limit) == 0, again.Describe());
        Assert.Contains("missing or damaged; the one before it is used", again.Errors);
        Assert.Equal(await Undisturbed.CurvesAsync(Steps), await Curves.OfSqliteAsync(EmbeddedStore.FileOf(scratch.Path)));
    }

    [Fact]
    public async Task Run_ArtifactFolderRefusesAndInterruptedTwice_EndsAtOnceAndResumesLater()
    {
        using var scratch = new ScratchFolder();
        string file = TinySweep.Write(scratch.Path, "full", Steps);

        // A file where the folder should be refuses root too.
        string artifacts = Path.Combine(Directory.CreateDirectory(Path.Combine(scratch.Path, "ddpm-data")).FullName, "artifacts");
        await File.WriteAllTextAsync(artifacts, "", TestContext.Current.CancellationToken);
        await using (CliProcess run = CliProcess.Start(scratch.Path, OftenSaved, "run", file))
        {
            await run.SeenAsync("cannot be stored at present", Limit);
            await EmbeddedStore.UntilAsync(scratch.Path, "select count(*) = 2 from job where kind = 'train' and progress_done > 50", run);
            run.Interrupt();
            await run.SeenAsync("Stopping: writing checkpoints", Limit);
            run.Interrupt();
            Assert.True(await run.EndAsync(TimeSpan.FromSeconds(30)) == 130, run.Describe());
        }

        File.Delete(artifacts);
        await using CliProcess again = CliProcess.Start(scratch.Path, OftenSaved, "run", file);
        Assert.True(await again.EndAsync(Limit) == 0, again.Describe());
        Assert.Equal(await Undisturbed.CurvesAsync(Steps), await Curves.OfSqliteAsync(EmbeddedStore.FileOf(scratch.Path)));
    }

    [Fact]
    public async Task Run_WithSeq_ItsEventsTellRunAndAttempt()
    {
        using var scratch = new ScratchFolder();
        using var seq = new SeqStub();
        var environment = new Dictionary<string, string> { ["DDPM__Seq__Url"] = seq.Url, ["DDPM__Seq__ApiKey"] = "key of a test" };
        await using CliProcess run = CliProcess.Start(scratch.Path, environment, "run", TinySweep.Write(scratch.Path, "logged", steps: 20));
        Assert.True(await run.EndAsync(Limit) == 0, run.Describe());

        JsonObject[] events = [.. seq.Events];
        JsonObject[] begins = [.. events.Where(e => ((string)e["@mt"]!).Contains("begins on", StringComparison.Ordinal))];
        Assert.Equal(6, begins.Length);
        Assert.All(begins, e => Assert.Equal(1, (int)e["Attempt"]!));
        Assert.Equal(2, begins.Select(e => (string)e["Run"]!).Distinct().Count());
        Assert.Equal(["key of a test"], seq.Keys.Distinct());
    }

    private static async Task KillAsync(ScratchFolder scratch, string file, Func<CliProcess, Task> moment)
    {
        await using CliProcess run = CliProcess.Start(scratch.Path, OftenSaved, "run", file);
        await moment(run);
        run.KillHard();
        await run.EndAsync(Limit);
    }
}
