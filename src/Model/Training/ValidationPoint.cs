using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Training;

/// <summary>What one validation measured.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="Values">A value for each metric of the spec, in its order, each with its protocol; without series and parts.</param>
public sealed record ValidationPoint(long Step, IReadOnlyList<MetricValue> Values);
