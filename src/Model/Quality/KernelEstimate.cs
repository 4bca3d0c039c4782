namespace DdpmJobs.Model.Quality;

/// <summary>A kernel distance over random subsets.</summary>
/// <param name="Mean">Mean over the subsets.</param>
/// <param name="StandardDeviation">Their standard deviation, divided by their number: what is published after the ± sign.</param>
/// <param name="StandardError">
/// Of the mean, from the drawing of the subsets: what other subsets of the same images would change. Subsets of a set that is small beside them share images, and then other images would change more.
/// </param>
public sealed record KernelEstimate(double Mean, double StandardDeviation, double StandardError);
