using DdpmJobs.Model.Checkpoints;
using SkiaSharp;

namespace DdpmJobs.Model.Sampling;

/// <summary>Lays images out as a grid with gutters, enlarged without smoothing. Needs no libtorch.</summary>
public static class GridPicture
{
    private const int SmallestTile = 64; // pixels; much below it an 8 x 8 digit is hard to read on a screen
    private const int Margin = 16;
    private const int LabelScale = 2;
    private const int LabelGap = 16;
    private static readonly SKColor Background = new(0xF4, 0xF4, 0xF2);
    private static readonly SKColor Ink = new(0x22, 0x22, 0x22);

    /// <summary>Writes one PNG of the images, row by row.</summary>
    /// <param name="images">(N, C, H, W) bytes, row-major; C is 1 or 3.</param>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="columns">Images a row.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">The bytes do not fit the shape, or there is nothing to show.</exception>
    public static void Write(ReadOnlySpan<byte> images, (int N, int C, int H, int W) shape, int columns, string path)
    {
        Require(shape.N > 0 && columns > 0, $"needs at least one image and one column; got {shape.N} images in {columns} columns", nameof(shape));
        Require(shape.C is 1 or 3, $"shows images of 1 or 3 channels; got {shape.C}", nameof(shape));
        Require(images.Length == (long)shape.N * shape.C * shape.H * shape.W, $"got {images.Length} bytes for shape {shape}", nameof(images));
        columns = Math.Min(columns, shape.N);
        int rows = (shape.N + columns - 1) / columns;
        Layout layout = new(shape.H, shape.W, left: 0);
        using SKBitmap picture = layout.Blank(columns, rows);
        for (int i = 0; i < shape.N; i++)
            layout.Draw(picture, Image(images, shape, i), shape.C, column: i % columns, row: i / columns);
        Save(picture, path);
    }

    /// <summary>Writes one PNG that compares runs: one row a run, column j the same latent in each, with the run's label in front of its row.</summary>
    /// <param name="rows">Label and <c>samples.safetensors</c> path of each run; all of one image shape.</param>
    /// <param name="columns">Images taken from the front of each run.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">No rows, or runs of different image shapes.</exception>
    /// <exception cref="InvalidDataException">A samples file is damaged; the message names it.</exception>
    public static void WriteComparison(IReadOnlyList<(string Label, string Images)> rows, int columns, string path)
    {
        Require(rows.Count > 0 && columns > 0, $"needs at least one run and one column; got {rows.Count} runs and {columns} columns", nameof(rows));
        (byte[] Images, (int N, int C, int H, int W) Shape)[] runs = [.. rows.Select(row => SampleFile.Read(row.Images))];
        (int _, int channels, int height, int width) = runs[0].Shape;
        for (int row = 1; row < runs.Length; row++)
        {
            Require((runs[row].Shape.C, runs[row].Shape.H, runs[row].Shape.W) == (channels, height, width),
                $"compares images of one shape; {rows[0].Images} has {runs[0].Shape} and {rows[row].Images} has {runs[row].Shape}", nameof(rows));
        }

        int longest = rows.Max(row => row.Label.Length);
        Layout layout = new(height, width, left: longest * BitmapFont.Advance * LabelScale + LabelGap);
        using SKBitmap picture = layout.Blank(Math.Min(columns, runs.Max(run => run.Shape.N)), runs.Length);
        for (int row = 0; row < runs.Length; row++)
        {
            layout.DrawLabel(picture, rows[row].Label, row);
            for (int column = 0; column < Math.Min(columns, runs[row].Shape.N); column++)
                layout.Draw(picture, Image(runs[row].Images, runs[row].Shape, column), channels, column, row);
        }

        Save(picture, path);
    }

    private static ReadOnlySpan<byte> Image(ReadOnlySpan<byte> images, (int N, int C, int H, int W) shape, int index)
    {
        int size = shape.C * shape.H * shape.W;
        return images.Slice(index * size, size);
    }

    private static void Save(SKBitmap picture, string path)
    {
        using SKData png = picture.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, stream => png.SaveTo(stream));
    }

    private static void Require(bool condition, string what, string parameter)
    {
        if (!condition)
            throw new ArgumentException($"A grid picture {what}.", parameter);
    }

    /// <summary>Where tiles of one image size stand.</summary>
    private sealed class Layout(int height, int width, int left)
    {
        // A whole factor, so that every pixel of an image is a square of the same size.
        private readonly int _scale = Math.Max(1, (SmallestTile + Math.Min(height, width) - 1) / Math.Min(height, width));

        private int TileWidth => width * _scale;

        private int TileHeight => height * _scale;

        private int Gutter => Math.Max(4, Math.Min(TileWidth, TileHeight) / 12);

        public SKBitmap Blank(int columns, int rows)
        {
            SKBitmap picture = new(
                2 * Margin + left + columns * (TileWidth + Gutter) - Gutter,
                2 * Margin + rows * (TileHeight + Gutter) - Gutter, SKColorType.Rgba8888, SKAlphaType.Opaque);
            picture.Erase(Background);
            return picture;
        }

        public void Draw(SKBitmap picture, ReadOnlySpan<byte> image, int channels, int column, int row)
        {
            int plane = height * width;
            (int x0, int y0) = (Margin + left + column * (TileWidth + Gutter), Top(row));
            for (int y = 0; y < TileHeight; y++)
            {
                for (int x = 0; x < TileWidth; x++)
                {
                    int pixel = y / _scale * width + x / _scale;
                    byte red = image[pixel];
                    picture.SetPixel(x0 + x, y0 + y, channels == 1 ? new SKColor(red, red, red) : new SKColor(red, image[plane + pixel], image[2 * plane + pixel]));
                }
            }
        }

        public void DrawLabel(SKBitmap picture, string label, int row)
        {
            int y0 = Top(row) + (TileHeight - BitmapFont.Height * LabelScale) / 2;
            for (int i = 0; i < label.Length; i++)
            {
                for (int y = 0; y < BitmapFont.Height * LabelScale; y++)
                {
                    for (int x = 0; x < BitmapFont.Advance * LabelScale; x++)
                    {
                        if (BitmapFont.IsSet(label[i], x / LabelScale, y / LabelScale))
                            picture.SetPixel(Margin + i * BitmapFont.Advance * LabelScale + x, y0 + y, Ink);
                    }
                }
            }
        }

        private int Top(int row) => Margin + row * (TileHeight + Gutter);
    }
}
