using System.Globalization;

namespace DdpmJobs.Model.Training;

/// <summary>Why a checkpoint was selected: of all validations up to its step it has the best value of a metric. A value that selected is no honest result.</summary>
/// <param name="Metric">The metric, as in <c>nll</c>.</param>
/// <param name="Value">Its value; finite.</param>
/// <param name="Unit">The value's unit.</param>
/// <param name="LowerIsBetter">Whether smaller is better.</param>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="ProtocolDigest">How it was measured, as <see cref="Evaluation.MetricValue.ProtocolDigest"/>.</param>
public sealed record CheckpointSelection(string Metric, double Value, string Unit, bool LowerIsBetter, long Step, string ProtocolDigest)
{
    /// <summary>The words for a person.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"selected by validation/{Metric} {Value:G6} {Unit} at step {Step}, protocol {ProtocolDigest}");
}
