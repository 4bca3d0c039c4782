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
    private const int HeadingGap = 8;
    private const int GroupGap = 12;
    private static readonly SKColor Background = new(0xF4, 0xF4, 0xF2);
    private static readonly SKColor Ink = new(0x22, 0x22, 0x22);

    /// <summary>Writes one PNG of the images, row by row.</summary>
    /// <param name="images">(N, C, H, W) bytes, row-major; C is 1 or 3.</param>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="columns">Images a row.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">The bytes do not fit the shape, or there is nothing to show.</exception>
    public static void Write(ReadOnlyMemory<byte> images, (int N, int C, int H, int W) shape, int columns, string path)
    {
        Require(shape.N > 0 && columns > 0, $"needs at least one image and one column; got {shape.N} images in {columns} columns", nameof(shape));
        Require(images.Length == (long)shape.N * shape.C * shape.H * shape.W, $"got {images.Length} bytes for shape {shape}", nameof(images));
        WriteRows(PictureRow.Of(images, shape.C * shape.H * shape.W, columns), [], (shape.C, shape.H, shape.W), path);
    }

    /// <summary>Writes one PNG that compares runs: one row a run, column j what was drawn alike in each, with the run's label in front of its row.</summary>
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

        int size = channels * height * width;
        WriteRows([.. rows.Zip(runs, (row, run) => new PictureRow(row.Label, [.. PictureRow.Cut(run.Images, size).Take(columns)]))], [], (channels, height, width), path);
    }

    /// <summary>Writes one PNG of rows.</summary>
    /// <param name="rows">From the top; their labels stand in front of them.</param>
    /// <param name="headings">What stands above each column; empty for nothing.</param>
    /// <param name="shape">Channels, 1 or 3, height and width of every image.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">There is nothing to show, or an image has another size.</exception>
    public static void WriteRows(IReadOnlyList<PictureRow> rows, IReadOnlyList<string> headings, (int C, int H, int W) shape, string path)
    {
        int columns = rows.Select(row => row.Images.Count).DefaultIfEmpty(0).Max();
        Require(columns > 0, "needs at least one image", nameof(rows));
        Require(shape.C is 1 or 3, $"shows images of 1 or 3 channels; got {shape.C}", nameof(shape));
        Layout layout = new(shape.H, shape.W, rows, headings);
        using SKBitmap picture = layout.Blank(columns);
        for (int row = 0; row < rows.Count; row++)
        {
            layout.DrawLabel(picture, rows[row].Label, row);
            for (int column = 0; column < rows[row].Images.Count; column++)
            {
                ReadOnlySpan<byte> image = rows[row].Images[column].Span;
                Require(image.Length == shape.C * shape.H * shape.W, $"got an image of {image.Length} bytes for shape {shape}", nameof(rows));
                layout.Draw(picture, image, shape.C, column, row);
            }
        }

        Save(picture, path);
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

    /// <summary>Where tiles of one image size stand, and the words around them.</summary>
    private sealed class Layout(int height, int width, IReadOnlyList<PictureRow> rows, IReadOnlyList<string> headings)
    {
        // A whole factor, so that every pixel of an image is a square of the same size.
        private readonly int _scale = Math.Max(1, (SmallestTile + Math.Min(height, width) - 1) / Math.Min(height, width));

        private int TileWidth => width * _scale;

        private int TileHeight => height * _scale;

        private int Gutter => Math.Max(4, Math.Min(TileWidth, TileHeight) / 12);

        // Asked for once an image, and the labels may be many.
        private int Left { get; } = Margin + (rows.Max(row => row.Label.Length) is > 0 and int longest ? longest * BitmapFont.Advance * LabelScale + LabelGap : 0);

        // Headings that would run into each other are written smaller.
        private int HeadingScale => headings.All(heading => WidthOf(heading, LabelScale) <= TileWidth) ? LabelScale : 1;

        private int HeadingHeight => headings.Count == 0 ? 0 : BitmapFont.Height * HeadingScale + HeadingGap;

        public SKBitmap Blank(int columns)
        {
            SKBitmap picture = new(Left + columns * (TileWidth + Gutter) - Gutter + Margin, Top(rows.Count) - Gutter + Margin, SKColorType.Rgba8888, SKAlphaType.Opaque);
            picture.Erase(Background);
            for (int column = 0; column < headings.Count; column++)
                DrawText(picture, headings[column], LeftOf(column) + (TileWidth - WidthOf(headings[column], HeadingScale)) / 2, Margin, HeadingScale);
            return picture;
        }

        public void Draw(SKBitmap picture, ReadOnlySpan<byte> image, int channels, int column, int row)
        {
            int plane = height * width;
            (int x0, int y0) = (LeftOf(column), Top(row));
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

        public void DrawLabel(SKBitmap picture, string label, int row) =>
            DrawText(picture, label, Margin, Top(row) + (TileHeight - BitmapFont.Height * LabelScale) / 2, LabelScale);

        private static int WidthOf(string text, int scale) => (text.Length * BitmapFont.Advance - 1) * scale;

        private static void DrawText(SKBitmap picture, string text, int x0, int y0, int scale)
        {
            for (int i = 0; i < text.Length; i++)
            {
                for (int y = 0; y < BitmapFont.Height * scale; y++)
                {
                    for (int x = 0; x < BitmapFont.Advance * scale; x++)
                    {
                        if (BitmapFont.IsSet(text[i], x / scale, y / scale))
                            picture.SetPixel(x0 + i * BitmapFont.Advance * scale + x, y0 + y, Ink);
                    }
                }
            }
        }

        private int LeftOf(int column) => Left + column * (TileWidth + Gutter);

        private int Top(int row) => Margin + HeadingHeight + row * (TileHeight + Gutter) + rows.Take(row + 1).Skip(1).Count(above => above.BeginsGroup) * GroupGap;
    }
}
