using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Quality.Resizing;

/// <summary>Between the two nearest pixels, with the edges of both lines at the same place.</summary>
[Kind("bilinear", Summary = "bilinear between the centres of pixels, without smoothing; that of pytorch-fid",
    Source = "pytorch/pytorch, UpSample.h, area_pixel_compute_source_index, align_corners off; mseitzer/pytorch-fid, inception.py")]
public sealed record BilinearResize : Resize
{
    /// <inheritdoc/>
    protected override void Weigh(int place, double scale, Span<double> weights) => Interpolate(Math.Max((place + 0.5) * scale - 0.5, 0), weights);
}
