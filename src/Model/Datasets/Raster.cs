using SkiaSharp;

namespace DdpmJobs.Model.Datasets;

/// <summary>One picture, 4 bytes a pixel: red, green, blue and straight alpha.</summary>
/// <param name="Pixels">(H, W, 4) row-major.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
internal sealed record Raster(byte[] Pixels, int Width, int Height)
{
    /// <summary>Reads a PNG or JPEG file's content. Colours are taken as stored: no colour profile is applied.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="InvalidDataException">It is no PNG or JPEG, is cut short, or has to be turned.</exception>
    public static Raster Decode(byte[] content, string file)
    {
        using MemoryStream stream = new(content, writable: false);
        using SKCodec? codec = SKCodec.Create(stream);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
            throw new InvalidDataException($"{file}: is no PNG or JPEG picture.");
        if (codec.EncodedOrigin != SKEncodedOrigin.TopLeft)
            throw new InvalidDataException($"{file}: is stored turned ({codec.EncodedOrigin}); save it upright.");

        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        SKCodecResult result = codec.GetPixels(info, out byte[] pixels);
        return result == SKCodecResult.Success
            ? new Raster(pixels, info.Width, info.Height)
            : throw new InvalidDataException($"{file}: is cut short or altered ({result}).");
    }

    /// <summary>The middle part of the wanted proportions, scaled by averaging over areas; the same on every machine.</summary>
    public Raster Fit(int width, int height)
    {
        // Take the largest middle part of these proportions.
        double scale = Math.Min(Width / (double)width, Height / (double)height);
        double left = (Width - width * scale) / 2;
        double top = (Height - height * scale) / 2;

        byte[] fitted = new byte[width * height * 4];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                Average(left + x * scale, top + y * scale, scale, fitted.AsSpan((y * width + x) * 4, 4));
        }

        return new Raster(fitted, width, height);
    }

    /// <summary>The picture over a background, as planes.</summary>
    /// <param name="channels">3 for red, green and blue; 1 for grey.</param>
    /// <param name="background">The level, in each channel, that shows where the picture is transparent.</param>
    /// <param name="planes">(C, H, W) to fill.</param>
    /// <remarks>Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).</remarks>
    public void CopyPlanes(int channels, int background, Span<byte> planes)
    {
        int size = Width * Height;
        for (int pixel = 0; pixel < size; pixel++)
        {
            int alpha = Pixels[pixel * 4 + 3];
            int Over(int channel) => (Pixels[pixel * 4 + channel] * alpha + background * (255 - alpha) + 127) / 255;
            (int red, int green, int blue) = (Over(0), Over(1), Over(2));
            if (channels == 1)
            {
                planes[pixel] = (byte)((299 * red + 587 * green + 114 * blue + 500) / 1000);
                continue;
            }

            planes[pixel] = (byte)red;
            planes[size + pixel] = (byte)green;
            planes[2 * size + pixel] = (byte)blue;
        }
    }

    // Mean colour, weighted by alpha, and mean alpha of a square that may cut through pixels.
    private void Average(double left, double top, double side, Span<byte> pixel)
    {
        Span<double> sums = stackalloc double[4];
        double area = 0;
        for (int y = (int)top; y < Height && y < top + side; y++)
        {
            double down = Math.Min(y + 1, top + side) - Math.Max(y, top);
            for (int x = (int)left; x < Width && x < left + side; x++)
            {
                double weight = down * (Math.Min(x + 1, left + side) - Math.Max(x, left));
                ReadOnlySpan<byte> source = Pixels.AsSpan((y * Width + x) * 4, 4);
                area += weight;
                sums[3] += weight * source[3];
                for (int channel = 0; channel < 3; channel++)
                    sums[channel] += weight * source[3] * source[channel];
            }
        }

        for (int channel = 0; channel < 3; channel++)
            pixel[channel] = (byte)(sums[3] > 0 ? sums[channel] / sums[3] + 0.5 : 0);
        pixel[3] = (byte)(sums[3] / area + 0.5);
    }
}
