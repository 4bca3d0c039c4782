namespace DdpmJobs.Model.Sampling;

/// <summary>Lays images out as a grid with gutters, enlarged without smoothing. Needs no libtorch.</summary>
public static class GridPicture
{
    /// <summary>Writes one PNG of the images, row by row.</summary>
    /// <param name="images">(N, C, H, W) bytes, row-major; C is 1 or 3.</param>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="columns">Images a row.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    public static void Write(ReadOnlySpan<byte> images, (int N, int C, int H, int W) shape, int columns, string path)
        => throw new NotImplementedException();

    /// <summary>Writes one PNG that compares runs: one row a run, column j the same latent in each, with the run's label in front of its row.</summary>
    /// <param name="rows">Label and <c>samples.safetensors</c> path of each run; all of one image shape.</param>
    /// <param name="columns">Images taken from the front of each run.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    public static void WriteComparison(IReadOnlyList<(string Label, string Images)> rows, int columns, string path)
        => throw new NotImplementedException();
}
