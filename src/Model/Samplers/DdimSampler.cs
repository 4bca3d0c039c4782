using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Denoising diffusion implicit models: the same network, fewer steps, and no noise at eta 0.</summary>
/// <remarks>
/// eps is derived anew from the clipped image, as in improved-diffusion, so that image and noise stay consistent. The authors' own loop does not clip:
/// that is <c>clip_denoised: false</c> with <c>grid: authors_uniform</c>.
/// </remarks>
[Kind("ddim", Summary = "few steps, deterministic at eta 0", Source = "Song, Meng, Ermon 2020 (arXiv:2010.02502), eq. 12 and 16")]
public sealed record DdimSampler : Sampler, IResumingSampler, IRunCheck
{
    /// <summary>Sampling steps.</summary>
    [Description("sampling steps")]
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 50;

    /// <summary>Which timesteps are visited: a name of <see cref="TimeGrid"/>.</summary>
    [Description("which timesteps are visited: linspace (both ends), trailing, leading, ddim_stride, authors_uniform, authors_quadratic")]
    [AllowedValues(TimeGrid.Linspace, TimeGrid.Trailing, TimeGrid.Leading, TimeGrid.DdimStride, TimeGrid.AuthorsUniform, TimeGrid.AuthorsQuadratic)]
    public string Grid { get; init; } = TimeGrid.Linspace;

    /// <summary>Share of the posterior's noise that is added: 0 is deterministic, 1 adds as much as the ancestral sampler with the small variance.</summary>
    [Description("share of the noise that is added back: 0 is deterministic")]
    [Range(0.0, 1.0)]
    public double Eta { get; init; }

    /// <summary>Whether predicted images are clipped to [-1, 1] at every step.</summary>
    [Description("clip predicted images to [-1, 1] at every step")]
    public bool ClipDenoised { get; init; } = true;

    /// <inheritdoc/>
    public override bool AddsNoise => Eta > 0;

    /// <inheritdoc/>
    public override int NetworkEvaluations(int timesteps) => Visited(timesteps).Count;

    /// <inheritdoc/>
    public override Tensor Sample(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request)
        => ReverseWalk.Run(model, network, request, Visited(model.Process.Timesteps), ClipDenoised, Move, ClassifierGuidance.ConditionScore);

    /// <inheritdoc/>
    public Tensor Resume(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, Tensor xt, int t)
        => ReverseWalk.Run(
            model, network, request, TimeGrid.From(Visited(model.Process.Timesteps), t), ClipDenoised, Move, ClassifierGuidance.ConditionScore, xt.alias());

    /// <inheritdoc/>
    public int NetworkEvaluationsFrom(int timesteps, int t) => TimeGrid.From(Visited(timesteps), t).Count;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => SamplerChecks.RequireGrid(Visited, run, path);

    /// <summary>The timesteps visited, ascending.</summary>
    /// <param name="timesteps">T of the process.</param>
    /// <exception cref="SpecException">The sampler cannot run on T timesteps; the path is relative to the sampler.</exception>
    public IReadOnlyList<int> Visited(int timesteps) => TimeGrid.Visit(Grid, timesteps, Steps);

    private Tensor Move(DiffusionModel model, ReverseStep step, Tensor xt, int i, Func<Tensor> noise)
    {
        double alphaBar = model.Process.AlphasCumprod[i];
        double alphaBarPrev = model.Process.AlphasCumprodPrev[i];
        double sigma = Eta * Math.Sqrt((1 - alphaBarPrev) / (1 - alphaBar)) * Math.Sqrt(1 - alphaBar / alphaBarPrev);

        // Derive eps from the image; in this form it also exists where alphaBar = 0.
        Tensor eps = (xt - Math.Sqrt(alphaBar) * step.PredX0) / Math.Sqrt(1 - alphaBar);

        // Go towards x_0 and back along eps. At eta 1 the root's argument can round to just below 0.
        Tensor next = Math.Sqrt(alphaBarPrev) * step.PredX0 + Math.Sqrt(Math.Max(1 - alphaBarPrev - sigma * sigma, 0)) * eps;
        return sigma == 0 ? next : next + sigma * noise();
    }
}
