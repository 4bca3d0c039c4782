using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Quality.Resizing;

/// <summary>Between the two nearest pixels, with pixel 0 of both lines at the same place: what the graph of the first FID does.</summary>
[Kind("tf1_bilinear", Summary = "bilinear as TensorFlow 1 has it, without half a pixel's shift; that of the original FID",
    Source = "tensorflow/tensorflow, resize_bilinear_op.cc, align_corners and half_pixel_centers off; toshas/torch-fidelity, interpolate_compat_tensorflow.py")]
public sealed record Tf1BilinearResize : Resize
{
    /// <inheritdoc/>
    protected override void Weigh(int place, double scale, Span<double> weights) => Interpolate(place * scale, weights);
}
