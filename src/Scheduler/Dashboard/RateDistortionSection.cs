using DdpmJobs.Model.Evaluation;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>The bounds of a run as progressive codes: rate and distortion over the reverse steps, and some rows of them.</summary>
internal static class RateDistortionSection
{
    /// <summary>Reads and lays out the section.</summary>
    /// <returns>Nothing where no bound was measured.</returns>
    public static async Task<Markup> OfAsync(RunDetail run, MetricStore metrics, CancellationToken cancel)
    {
        List<Markup> parts = [];
        foreach (EvaluationView evaluation in run.Evaluations.GroupBy(e => e.Metric).Select(g => g.Last()))
        {
            IReadOnlyList<(long, double)> rate = await PointsAsync(evaluation.Metric + RateDistortion.RateSuffix);
            IReadOnlyList<(long, double)> distortion = await PointsAsync(evaluation.Metric + RateDistortion.DistortionSuffix);
            if (RateDistortion.Of(evaluation.Protocol, evaluation.Parts, rate, distortion) is { } curve)
            {
                parts.Add(Draw(evaluation.Metric, curve));
            }
        }

        return Markup.Join(parts);

        async Task<IReadOnlyList<(long, double)>> PointsAsync(string name)
            => run.Last.ContainsKey(name) ? [.. (await metrics.ReadAsync(run.Id, name, cancel)).Select(p => (p.Step, p.Value))] : [];
    }

    private static Markup Draw(string metric, RateDistortion curve)
    {
        bool isCoarse = curve.Levels != 256;
        Markup Levels(FormattableString cell) => isCoarse ? Markup.Of(cell) : Markup.None;
        Markup rows = Markup.Join(curve.Table().Select(p => Markup.Of(
            $"<tr><td>{p.ReverseSteps}</td><td>{p.T}</td><td>{TrackingPage.Number(p.RateBitsPerDim, "0.00000")}</td><td>{TrackingPage.Number(p.Rmse255, "0.00000")}</td>{Levels($"<td>{TrackingPage.Number(p.RmseLevels, "0.00000")}</td>")}</tr>")));
        Markup table = Markup.Of(
            $"<table class='table table-condensed ddpm-narrow'><thead><tr><th>Reverse steps done</th><th>t</th><th>Rate, bits/dim</th><th>RMSE of 0..255</th>{Levels($"<th>RMSE of 0..{curve.Levels - 1}</th>")}</tr></thead><tbody>{rows}</tbody></table>");
        return Markup.Of(
            $"<h3>Rate and distortion <small>{metric}: lossless {TrackingPage.Number(curve.LosslessBitsPerDim, "0.0000")} bits/dim = rate {TrackingPage.Number(curve.RateBitsPerDim, "0.0000")} + L_0 {TrackingPage.Number(curve.DecoderBitsPerDim, "0.0000")}</small></h3>{table}<h4>Rate, bits/dim, by reverse steps done</h4>{CurveOf(curve, p => p.RateBitsPerDim, "rate")}<h4>RMSE on the scale 0..255, by reverse steps done</h4>{CurveOf(curve, p => p.Rmse255, "distortion")}");
    }

    private static Markup CurveOf(RateDistortion curve, Func<RateDistortionPoint, double> value, string name)
        => MetricCurve.Draw([.. curve.Points.Select(p => new MetricPoint(p.ReverseSteps, value(p)))], name, linear: true);
}
