using DdpmJobs.Model.Networks.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>How far the moving averages are from the weights.</summary>
internal static class EmaDrift
{
    private const long Piece = 1 << 20; // elements, so that no second buffer of all weights is needed and a piece stays in the cache

    /// <summary>The distance of each average from the weights, relative to their size: ||ema - w|| / ||w||. Waits for the device.</summary>
    /// <param name="values">The weights, (P,) float32.</param>
    /// <param name="averages">The averages, (P,) float32 each.</param>
    /// <returns>A number from 0 for each average, without unit; NaN where all weights are 0.</returns>
    public static double[] Of(Tensor values, IReadOnlyList<Tensor> averages)
    {
        if (Vectors.AreFlat([values, .. averages]))
        {
            double size = SquaredDistance.Of(values, null);
            return [.. averages.Select(average => Math.Sqrt(SquaredDistance.Of(average, values) / size))];
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        List<Tensor> norms = [];
        for (long start = 0; start < values.shape[0]; start += Piece)
        {
            long length = Math.Min(Piece, values.shape[0] - start);
            using DisposeScope piece = NewDisposeScope();
            Tensor weights = values.narrow(0, start, length);
            norms.Add(weights.norm().MoveToOuterDisposeScope());
            foreach (Tensor average in averages)
                norms.Add((average.narrow(0, start, length) - weights).norm().MoveToOuterDisposeScope());
        }

        // Root of the sum of squares over the pieces, in float64; a column for the weights and one for each average.
        float[] all = stack(norms).cpu().data<float>().ToArray();
        int columns = averages.Count + 1;
        double[] squares = new double[columns];
        for (int i = 0; i < all.Length; i++)
            squares[i % columns] += (double)all[i] * all[i];
        return [.. squares.Skip(1).Select(square => Math.Sqrt(square / squares[0]))];
    }
}
