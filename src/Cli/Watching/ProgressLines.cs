namespace DdpmJobs.Cli.Watching;

/// <summary>Writes a sweep's progress as plain lines, for logs and pipes: a run's line when its state changes, and every few seconds while it moves.</summary>
internal sealed class ProgressLines(TextWriter output, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, (string Phase, string State, long Done, long Stamp)> _last = [];
    private string _note = "";

    /// <summary>Writes what is new.</summary>
    public void Show(SweepProgress progress)
    {
        for (int i = 0; i < progress.Runs.Count; i++)
        {
            RunProgress run = progress.Runs[i];
            long now = clock.GetTimestamp();
            bool known = _last.TryGetValue(i, out (string Phase, string State, long Done, long Stamp) last);
            bool changed = !known || last.State != run.State || (last.Phase != run.Phase && !run.IsFinal);
            if (changed || (last.Done != run.Done && clock.GetElapsedTime(last.Stamp, now) >= Every))
            {
                output.WriteLine(Line(run));
                _last[i] = (run.Phase, run.State, run.Done, now);
            }
        }

        if (progress.Note != _note && progress.Note.Length > 0)
        {
            output.WriteLine($"{progress.Name}: {progress.Note}");
        }

        _note = progress.Note;
        output.Flush();
    }

    private static string Line(RunProgress run)
    {
        List<string> parts = [run.IsFinal ? run.State : $"{run.Phase} {run.State}"];
        if (!run.IsFinal && run.Total > 0 && run.State == "running")
        {
            parts.Add($"{run.Done}/{run.Total} {run.Unit}");
        }

        if (run.Loss is { } loss && run.Phase == "train")
        {
            parts.Add($"loss {Wording.Number(loss, 3)}");
        }

        if (run.ImagesPerSecond is { } speed)
        {
            parts.Add($"{speed:0} images/s");
        }

        if (run.Remaining is { } left)
        {
            parts.Add($"ETA {Wording.Duration(left)}");
        }

        if (run.BitsPerDim is { } bits)
        {
            parts.Add($"{Wording.Fixed(bits)} bits/dim");
        }

        if (run.Note.Length > 0)
        {
            parts.Add(run.Note);
        }

        return $"{run.Run}: {string.Join(", ", parts)}";
    }
}
