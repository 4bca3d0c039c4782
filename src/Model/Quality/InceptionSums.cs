namespace DdpmJobs.Model.Quality;

/// <summary>The sums that an Inception score is made of.</summary>
/// <param name="Classes">Number of classes.</param>
/// <param name="Counts">Number of samples of each split, (splits).</param>
/// <param name="NegativeEntropies">Sum of p log p over them, nats, (splits).</param>
/// <param name="OfClasses">Sum of p over them, (splits, classes) row-major.</param>
internal sealed record InceptionSums(int Classes, long[] Counts, double[] NegativeEntropies, double[] OfClasses);
