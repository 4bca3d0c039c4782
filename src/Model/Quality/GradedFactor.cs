using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>Cholesky's factor of a covariance with complete pivoting: largest remaining variance first, in a small part of the time of a decomposition into eigenvalues.</summary>
/// <remarks>
/// Lucas 2004, "LAPACK-style codes for level 2 and 3 pivoted Cholesky factorizations" (LAPACK's dpstrf). Rows of a panel are found one by one, from the variances that those before
/// left over; what a panel takes from the rest is one product of matrices. Without spread in more directions it ends early.
/// </remarks>
internal static class GradedFactor
{
    private const int PanelRows = 64;
    private const double Slack = 1e-6; // by which rounding may leave a covariance above the largest variance

    /// <summary>Factors a covariance.</summary>
    /// <param name="values">(D, D) row-major, symmetric.</param>
    /// <param name="size">D.</param>
    /// <param name="smallest">Remaining variances up to this share of the largest one are none.</param>
    /// <returns>F, (R, D) float64 on the CPU with F' F the covariance and rows that grow downwards, R its rank; belongs to the dispose scope in force. Null where the matrix is no covariance, or one only but for the rounding of fewer digits.</returns>
    public static Tensor? Of(double[] values, int size, double smallest)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor factor = zeros([size, size], float64);
        Span<double> laid = MemoryMarshal.Cast<byte, double>(factor.bytes);
        double[] variances = [.. Enumerable.Range(0, size).Select(i => values[i * (size + 1)])];
        int[] places = [.. Enumerable.Range(0, size)];
        double floor = smallest * variances.Max();
        Tensor rest = tensor(values, [size, size], dtype: float64);
        int rank = 0;
        while (places.Length > 0 && variances.Max() > floor)
        {
            // Find the rows of a panel.
            using DisposeScope inner = NewDisposeScope();
            int width = places.Length;
            double[] panel = new double[Math.Min(PanelRows, width) * width];
            bool[] taken = new bool[width];
            int rows = 0;
            ReadOnlySpan<double> left = MemoryMarshal.Cast<byte, double>(rest.bytes);
            for (; rows < PanelRows && rows < width; rows++)
            {
                int pivot = Largest(variances, taken);
                double variance = variances[pivot];
                if (variance <= floor)
                    break;
                Span<double> row = panel.AsSpan(rows * width, width);
                left.Slice(pivot * width, width).CopyTo(row);
                for (int above = 0; above < rows; above++)
                    Subtract(row, panel.AsSpan(above * width, width), panel[above * width + pivot]);
                for (int i = 0; i < width; i++)
                {
                    // Of a covariance no element is larger than the largest variance.
                    if (taken[i])
                        row[i] = 0;
                    else if (Math.Abs(row[i]) > variance * (1 + Slack))
                        return null;
                }

                double root = Math.Sqrt(variance);
                for (int i = 0; i < width; i++)
                {
                    row[i] /= root;
                    variances[i] -= row[i] * row[i];
                    if (variances[i] < -floor && !taken[i] && i != pivot)
                        return null;
                }

                row[pivot] = root;
                taken[pivot] = true;
            }

            // Lay them into the factor from below, and take their share from what is left.
            for (int row = 0; row < rows; row++)
            {
                int at = (size - 1 - rank - row) * size;
                for (int i = 0; i < width; i++)
                    laid[at + places[i]] = panel[row * width + i];
            }

            rank += rows;
            int[] kept = [.. Enumerable.Range(0, width).Where(i => !taken[i])];
            Tensor chosen = tensor(kept, dtype: int64);
            Tensor shares = tensor(panel, [panel.Length / width, width], dtype: float64).narrow(0, 0, rows).index_select(1, chosen);
            Tensor next = rest.index_select(0, chosen).index_select(1, chosen).addmm_(shares.t(), shares, 1, -1);
            rest.Dispose();
            rest = next.MoveToOuterDisposeScope();
            (variances, places) = ([.. kept.Select(i => variances[i])], [.. kept.Select(i => places[i])]);
        }

        // What is left of a covariance has no spread, and so no element.
        if (places.Length > 0 && (rest.abs().max().item<double>() > Math.Max(floor, 0) * size || variances.Min() < -floor))
            return null;
        return factor.narrow(0, size - rank, rank).MoveToOuterDisposeScope();
    }

    private static int Largest(double[] variances, bool[] taken)
    {
        int largest = -1;
        for (int i = 0; i < variances.Length; i++)
        {
            if (!taken[i] && (largest < 0 || variances[i] > variances[largest]))
                largest = i;
        }

        return largest;
    }

    private static void Subtract(Span<double> row, ReadOnlySpan<double> other, double times)
    {
        Span<Vector<double>> rows = MemoryMarshal.Cast<double, Vector<double>>(row);
        ReadOnlySpan<Vector<double>> others = MemoryMarshal.Cast<double, Vector<double>>(other);
        for (int i = 0; i < rows.Length; i++)
            rows[i] -= others[i] * times;
        for (int i = rows.Length * Vector<double>.Count; i < row.Length; i++)
            row[i] -= other[i] * times;
    }
}
