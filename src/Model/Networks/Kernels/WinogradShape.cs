namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>What a 3 × 3 convolution of stride 1 works on, images in memory with the channels last, and how its output is cut into tiles of 2 × 2 pixels.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">Rows of the input's pixels.</param>
/// <param name="Width">Pixels of a row of the input.</param>
/// <param name="In">Channels of the input, a multiple of <see cref="Vectors.Lanes"/>.</param>
/// <param name="Out">Channels of the output, a multiple of the same.</param>
/// <param name="Padding">Zeros at each border.</param>
internal readonly record struct WinogradShape(int Images, int Height, int Width, int In, int Out, int Padding)
{
    /// <summary>Rows and columns of a tile's output.</summary>
    public const int Side = 2;

    /// <summary>Rows and columns of the input that a tile's output depends on, and of its transform.</summary>
    public const int Reach = Side + 2;

    /// <summary>Numbers of a tile's transform.</summary>
    public const int Points = Reach * Reach;

    /// <summary>Numbers between the planes or rows of a transform: where their distance is a power of two, they would share few lines of the first cache.</summary>
    public const int Apart = Vectors.Lanes;

    /// <summary>Rows of the output's pixels.</summary>
    public int OutHeight => Height + 2 * Padding - 2;

    /// <summary>Pixels of a row of the output.</summary>
    public int OutWidth => Width + 2 * Padding - 2;

    /// <summary>Tiles of all images; the last ones of a row or column reach over the border where the output's size is odd.</summary>
    public int Tiles => Images * TilesDown * TilesAcross;

    /// <summary>The convolution whose output is the gradient of the input of this one.</summary>
    public WinogradShape Backward => new(Images, OutHeight, OutWidth, Out, In, 2 - Padding);

    private int TilesDown => (OutHeight + Side - 1) / Side;

    private int TilesAcross => (OutWidth + Side - 1) / Side;

    /// <summary>Where a tile's output begins: its image, row and column.</summary>
    public (int Image, int Row, int Column) Tile(int tile)
    {
        (int line, int across) = Math.DivRem(tile, TilesAcross);
        (int image, int down) = Math.DivRem(line, TilesDown);
        return (image, down * Side, across * Side);
    }

    /// <summary>Points to some rows of the sixteen pixels of the input that a tile depends on.</summary>
    /// <param name="x">The input.</param>
    /// <param name="tile">Which.</param>
    /// <param name="firstRow">The first of the four rows.</param>
    /// <param name="endRow">The one behind the last.</param>
    /// <param name="outside">Stands for each pixel beyond the border.</param>
    /// <param name="pixels">Sixteen places, row by row, of which those of the rows are set.</param>
    public unsafe void PointToInput(float* x, int tile, int firstRow, int endRow, float* outside, float** pixels)
    {
        (int image, int row, int column) = Tile(tile);
        float* first = x + (long)image * Height * Width * In;
        PointTo(first, Height, Width, In, row - Padding + firstRow, column - Padding, endRow - firstRow, Reach, outside, pixels + firstRow * Reach);
    }

    /// <summary>Points to the four pixels of a tile's output.</summary>
    /// <param name="y">The output.</param>
    /// <param name="tile">Which.</param>
    /// <param name="outside">Stands for each pixel beyond the border.</param>
    /// <param name="pixels">Four places, row by row.</param>
    public unsafe void PointToOutput(float* y, int tile, float* outside, float** pixels)
    {
        (int image, int row, int column) = Tile(tile);
        float* first = y + (long)image * OutHeight * OutWidth * Out;
        PointTo(first, OutHeight, OutWidth, Out, row, column, Side, Side, outside, pixels);
    }

    private static unsafe void PointTo(float* image, int height, int width, int channels, int firstRow, int firstColumn, int rows, int columns, float* outside, float** pixels)
    {
        for (int row = firstRow; row < firstRow + rows; row++)
        {
            float* pixel = image + ((long)row * width + firstColumn) * channels;
            bool isInside = (uint)row < (uint)height;
            for (int column = firstColumn; column < firstColumn + columns; column++, pixel += channels)
                *pixels++ = isInside && (uint)column < (uint)width ? pixel : outside;
        }
    }
}
