using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Training;

/// <summary>What a training knows of one metric of its validation.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Value">Its newest value.</param>
/// <param name="StandardError">The value's standard error; null when it has none.</param>
/// <param name="Unit">The unit of all of them.</param>
/// <param name="LowerIsBetter">Whether smaller is better.</param>
/// <param name="Protocol">How it is measured.</param>
/// <param name="Best">The best finite value so far, of the first step that had it; null when there is none.</param>
/// <param name="BestStep">Optimiser steps done at the best value; 0 when there is none.</param>
internal sealed record ValidatedMetric(
    string Metric, double Value, double? StandardError, string Unit, bool LowerIsBetter, JsonObject Protocol, double? Best, long BestStep)
{
    /// <summary>After a value more.</summary>
    public static ValidatedMetric After(ValidatedMetric? before, MetricValue value, long step)
    {
        bool isBest = double.IsFinite(value.Value) && (before?.Best is not double best || IsBetter(value.LowerIsBetter, value.Value, best, 0));
        return new ValidatedMetric(
            value.Name, value.Value, value.StandardError, value.Unit, value.LowerIsBetter, value.Protocol, isBest ? value.Value : before?.Best, isBest ? step : before?.BestStep ?? 0);
    }

    /// <summary>Whether a value is better than another by more than a margin.</summary>
    public static bool IsBetter(bool lowerIsBetter, double value, double than, double by) => lowerIsBetter ? value < than - by : value > than + by;

    /// <summary>The newest value as it was measured.</summary>
    public MetricValue ToValue() => new() { Name = Metric, Value = Value, StandardError = StandardError, Unit = Unit, LowerIsBetter = LowerIsBetter, Protocol = Protocol };
}
