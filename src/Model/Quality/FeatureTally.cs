using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>Sums up features as they come. Its memory does not grow with their number.</summary>
/// <remarks>
/// Rows are gathered into blocks of a fixed size, so the sums are the same however the features were batched, and a small batch costs no more than its share of a large
/// matrix product. Of a block, its own mean is taken off first: nothing is lost where the mean is large beside the spread. The term of Chan et al. 1983 for the two means is
/// one more row of the block, and of the symmetric product only the upper part is computed.
/// </remarks>
public sealed class FeatureTally : IDisposable
{
    private const int BlockRows = 1024;
    private const int PanelColumns = 512;

    private readonly Tensor _block;
    private readonly Tensor _mean;
    private readonly Tensor _scatter;
    private int _waiting;
    private long _done;

    /// <summary>Begins with no sample.</summary>
    /// <param name="dimensions">D.</param>
    /// <param name="device">Where the sums are made.</param>
    public FeatureTally(int dimensions, string device = "cpu")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, FeatureStatistics.MostDimensions);
        Dimensions = dimensions;
        _block = zeros([BlockRows + 1, dimensions], float64, new Device(device)).DetachFromDisposeScope();
        _mean = zeros([dimensions], float64, new Device(device)).DetachFromDisposeScope();
        _scatter = zeros([dimensions, dimensions], float64, new Device(device)).DetachFromDisposeScope();
    }

    /// <summary>D.</summary>
    public int Dimensions { get; }

    /// <summary>Number of samples so far.</summary>
    public long Count => _done + _waiting;

    /// <summary>Adds features.</summary>
    /// <param name="features">(N, D) float32 or float64, any device.</param>
    /// <exception cref="ArgumentException">They have another shape, or one is not finite; nothing was added.</exception>
    public void Add(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        FeatureChecks.Require(features, Dimensions, Count);
        for (long row = 0; row < features.shape[0];)
        {
            long taken = Math.Min(BlockRows - _waiting, features.shape[0] - row);
            _block.narrow(0, _waiting, taken).copy_(features.narrow(0, row, taken));
            row += taken;
            _waiting += (int)taken;
            if (_waiting == BlockRows)
                AddBlock();
        }
    }

    /// <summary>The statistics of all samples so far; more may follow.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public FeatureStatistics Statistics()
    {
        if (Count == 0)
            throw new InvalidOperationException("No features were added.");
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        if (_waiting > 0)
            AddBlock();
        Tensor whole = _scatter.triu(0) + _scatter.triu(1).t();
        return new FeatureStatistics(_done, _mean.cpu().data<double>().ToArray(), whole.cpu().data<double>().ToArray());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _block.Dispose();
        _mean.Dispose();
        _scatter.Dispose();
    }

    private void AddBlock()
    {
        // Center the block, and lay the distance of its mean from the mean so far below it.
        long count = _done + _waiting;
        Tensor rows = _block.narrow(0, 0, _waiting);
        Tensor mean = rows.mean([0L]);
        rows.sub_(mean);
        Tensor difference = mean - _mean;
        _block[_waiting].copy_(difference * Math.Sqrt((double)_done / count * _waiting));
        _mean.add_(difference * ((double)_waiting / count));

        // Add the product, panel by panel on and above the diagonal.
        Tensor all = _block.narrow(0, 0, _waiting + 1);
        for (int top = 0; top < Dimensions; top += PanelColumns)
        {
            Tensor left = all.narrow(1, top, Math.Min(PanelColumns, Dimensions - top)).t();
            Tensor right = all.narrow(1, top, Dimensions - top);
            _scatter.narrow(0, top, left.shape[0]).narrow(1, top, Dimensions - top).addmm_(left, right, 1, 1);
        }

        (_done, _waiting) = (count, 0);
    }
}
