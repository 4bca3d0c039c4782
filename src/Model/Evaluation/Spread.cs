namespace DdpmJobs.Model.Evaluation;

/// <summary>How far measured values lie apart.</summary>
internal static class Spread
{
    /// <summary>The variance of the mean of independent values that are alike, estimated from the values: the square of its standard error.</summary>
    /// <param name="values">At least two.</param>
    /// <returns>In the square of their unit.</returns>
    public static double VarianceOfMean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
            squares += (value - mean) * (value - mean);
        return squares / (values.Length - 1) / values.Length;
    }
}
