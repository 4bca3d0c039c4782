using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>How many generated images look like true ones, and how many true ones the generated cover.</summary>
/// <param name="Precision">Share of generated samples that are within the manifold of the real ones: no farther from one of them than its k-th neighbour.</param>
/// <param name="Recall">Share of real samples within the manifold of the generated ones.</param>
/// <remarks>
/// Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1 and 2. Squared distances are float64, made of matrix products block by block: memory holds two blocks of them, and k numbers a
/// sample. Features are moved so that the real ones have mean zero, which loses fewer digits, and a distance within rounding is zero, so that a copy of an image is at its place.
/// </remarks>
public sealed record PrecisionRecall(double Precision, double Recall)
{
    private const double Rounding = 1e-12; // of the squared lengths; products of some thousand dimensions leave a fifth of it

    /// <summary>Compares two sets of features.</summary>
    /// <param name="generated">(N, D), floating-point.</param>
    /// <param name="real">(M, D), floating-point, on the same device.</param>
    /// <param name="neighbour">k: a sample's ball reaches to its k-th nearest neighbour of its own set, itself not counted.</param>
    /// <param name="block">Rows and columns of distances at a time.</param>
    /// <exception cref="ArgumentException">Shapes disagree, features are not finite, or a set has too few samples for k neighbours.</exception>
    public static PrecisionRecall Of(Tensor generated, Tensor real, int neighbour = 3, int block = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbour, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        FeatureChecks.RequirePair(generated, real);
        if (Math.Min(generated.shape[0], real.shape[0]) <= neighbour)
            throw new ArgumentException($"{neighbour} neighbours of a sample need at least {neighbour + 1} samples of each set; got {generated.shape[0]} generated and {real.shape[0]} real.", nameof(neighbour));

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor y = real.to(ScalarType.Float64);
        Tensor center = y.mean([0L]);
        y -= center;
        Tensor x = generated.to(ScalarType.Float64) - center;
        (Tensor generatedRadii, Tensor realRadii) = (Radii(x, neighbour, block), Radii(y, neighbour, block));

        // Every pair decides both: is the generated sample in the real one's ball, and the other way round.
        Tensor precise = zeros([x.shape[0]], ScalarType.Bool, x.device), recalled = zeros([y.shape[0]], ScalarType.Bool, y.device);
        for (long row = 0; row < x.shape[0]; row += block)
        {
            for (long column = 0; column < y.shape[0]; column += block)
            {
                using DisposeScope inner = NewDisposeScope();
                (long rows, long columns) = (Math.Min(block, x.shape[0] - row), Math.Min(block, y.shape[0] - column));
                Tensor distances = SquaredDistances(x.narrow(0, row, rows), y.narrow(0, column, columns));
                precise.narrow(0, row, rows).logical_or_((distances <= realRadii.narrow(0, column, columns)).any(1));
                recalled.narrow(0, column, columns).logical_or_((distances <= generatedRadii.narrow(0, row, rows).unsqueeze(1)).any(0));
            }
        }

        return new PrecisionRecall(precise.to(ScalarType.Float64).mean().item<double>(), recalled.to(ScalarType.Float64).mean().item<double>());
    }

    // The squared distance of each sample to its k-th nearest neighbour.
    private static Tensor Radii(Tensor x, int neighbour, int block)
    {
        Tensor radii = empty([x.shape[0]], ScalarType.Float64, x.device);
        for (long row = 0; row < x.shape[0]; row += block)
        {
            using DisposeScope scope = NewDisposeScope();
            long rows = Math.Min(block, x.shape[0] - row);
            Tensor nearest = full([rows, neighbour], double.PositiveInfinity, ScalarType.Float64, x.device);
            for (long column = 0; column < x.shape[0]; column += block)
            {
                using DisposeScope inner = NewDisposeScope();
                Tensor distances = SquaredDistances(x.narrow(0, row, rows), x.narrow(0, column, Math.Min(block, x.shape[0] - column)));
                if (row == column)
                    distances.diagonal().fill_(double.PositiveInfinity);
                (Tensor smallest, Tensor _) = cat([nearest, distances], 1).topk(neighbour, 1, largest: false, sorted: true);
                nearest.copy_(smallest);
            }

            radii.narrow(0, row, rows).copy_(nearest.select(1, neighbour - 1));
        }

        return radii;
    }

    private static Tensor SquaredDistances(Tensor x, Tensor y)
    {
        Tensor lengths = x.square().sum(1, keepdim: true) + y.square().sum(1);
        Tensor distances = addmm(lengths, x, y.t(), 1, -2);
        return distances.masked_fill_(distances <= lengths * Rounding, 0);
    }
}
