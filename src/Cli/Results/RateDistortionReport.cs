using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli.Results;

/// <summary>The bounds of a run as progressive codes.</summary>
/// <param name="Run">The run.</param>
/// <param name="Curves">One for each bound that was measured, that of the test images first.</param>
internal sealed record RateDistortionReport(RunDetail Run, IReadOnlyList<(EvaluationView Evaluation, RateDistortion Curve)> Curves)
{
    /// <summary>Asks a server for them.</summary>
    /// <exception cref="CliException">The run has none.</exception>
    public static async Task<RateDistortionReport> ReadAsync(RunDetail run, ApiClient api, CancellationToken cancel)
    {
        IReadOnlyList<string> names = await api.MetricNamesAsync(run.Id, cancel);
        List<(EvaluationView, RateDistortion)> curves = [];

        // A metric that was measured twice, as after a retry, counts with its newest value.
        foreach (EvaluationView evaluation in run.Evaluations.GroupBy(e => e.Metric).Select(g => g.Last()).OrderBy(e => e.Metric, StringComparer.Ordinal))
        {
            string[] series = [evaluation.Metric + RateDistortion.RateSuffix, evaluation.Metric + RateDistortion.DistortionSuffix];
            if (series.All(names.Contains)
                && RateDistortion.Of(evaluation.Protocol, evaluation.Parts, await PointsAsync(series[0]), await PointsAsync(series[1])) is { } curve)
            {
                curves.Add((evaluation, curve));
            }
        }

        string state = run.JobOf("evaluate")?.State ?? "not there";
        return curves.Count > 0
            ? new RateDistortionReport(run, curves)
            : throw new CliException($"run {run.Name} has no rates and distortions: the metric nll measures them, and its evaluation is {state}; see 'ddpm show {run.Id}'");

        async Task<IReadOnlyList<(long, double)>> PointsAsync(string name) => [.. (await api.PointsAsync(run.Id, name, cancel)).Select(p => (p.Step, p.Value))];
    }

    /// <summary>Writes a table for each curve, as table 4 of Ho et al. 2020.</summary>
    public void Write(Terminal terminal)
    {
        terminal.Out.WriteLine($"Run {Run.Index} {Run.Name} ({Run.Id})");
        foreach ((EvaluationView evaluation, RateDistortion curve) in Curves)
        {
            terminal.Write(TableOf(evaluation, curve));
            terminal.Out.WriteLine($"Lossless code: {Wording.Fixed(curve.LosslessBitsPerDim)} bits/dim = rate {Wording.Fixed(curve.RateBitsPerDim)} (L_T + Σ L_t) + distortion {Wording.Fixed(curve.DecoderBitsPerDim)} (L_0)");
            string measured = curve.Points.Count < curve.Timesteps ? $"measured at {curve.Points.Count} of {curve.Timesteps} timesteps; " : "";
            string levels = curve.Levels == 256 ? "" : $"; the data have {curve.Levels} levels, 0..{curve.Levels - 1}";
            terminal.Out.WriteLine($"({measured}RMSE: of the image predicted so far, on the scale 0..255{levels})");
        }
    }

    /// <summary>The same as a document, with every point in full precision.</summary>
    public object Document() => new
    {
        RunId = Run.Id,
        Run = Run.Name,
        Curves = Curves.Select(c => new
        {
            c.Evaluation.Metric,
            c.Evaluation.ProtocolDigest,
            c.Curve.Timesteps,
            c.Curve.Levels,
            c.Curve.LosslessBitsPerDim,
            c.Curve.RateBitsPerDim,
            c.Curve.DecoderBitsPerDim,
            c.Curve.Points,
        }),
    };

    private static Table TableOf(EvaluationView evaluation, RateDistortion curve)
    {
        bool isCoarse = curve.Levels != 256;
        Table table = new Table().RoundedBorder().Title(Markup.Escape($"{evaluation.Metric}: progressive coding, T = {curve.Timesteps}"));
        foreach (string title in (string[])["reverse steps done", "t", "rate, bits/dim", "RMSE of 0..255", .. isCoarse ? [$"RMSE of 0..{curve.Levels - 1}"] : Array.Empty<string>()])
        {
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        }

        foreach (RateDistortionPoint point in curve.Table())
        {
            string[] row = [point.ReverseSteps.ToString(), point.T.ToString(), Wording.Fixed(point.RateBitsPerDim), Wording.Fixed(point.Rmse255)];
            table.AddRow(isCoarse ? [.. row, Wording.Fixed(point.RmseLevels)] : row);
        }

        return table;
    }
}
