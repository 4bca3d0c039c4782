using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Draws from p(x_{t-1} | x_t) down from x_T; the last step adds no noise.</summary>
[Kind("ancestral", Summary = "draws from each reverse step in turn; the paper's sampler", Source = "Ho et al. 2020 (arXiv:2006.11239), algorithm 2; fewer steps: Nichol and Dhariwal 2021 (arXiv:2102.09672), section 4")]
public sealed record AncestralSampler : Sampler, IResumingSampler, IRunCheck
{
    /// <summary>Sampling steps; null for all T.</summary>
    [Description("sampling steps; null for every timestep")]
    [Range(1, int.MaxValue)]
    public int? Steps { get; init; }

    /// <summary>Which timesteps are visited where there are fewer steps than timesteps: a name of <see cref="TimeGrid"/>.</summary>
    [Description("which timesteps are visited: linspace (both ends), trailing, leading, ddim_stride, authors_uniform, authors_quadratic")]
    [AllowedValues(TimeGrid.Linspace, TimeGrid.Trailing, TimeGrid.Leading, TimeGrid.DdimStride, TimeGrid.AuthorsUniform, TimeGrid.AuthorsQuadratic)]
    public string Grid { get; init; } = TimeGrid.Linspace;

    /// <summary>Whether predicted images are clipped to [-1, 1] at every step.</summary>
    [Description("clip predicted images to [-1, 1] at every step")]
    public bool ClipDenoised { get; init; } = true;

    /// <inheritdoc/>
    public override bool AddsNoise => true;

    /// <inheritdoc/>
    public override int NetworkEvaluations(int timesteps) => Visited(timesteps).Count;

    /// <inheritdoc/>
    public override Tensor Sample(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request)
        => ReverseWalk.Run(model, network, request, Visited(model.Process.Timesteps), ClipDenoised, Move, Guide);

    /// <inheritdoc/>
    public Tensor Resume(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, Tensor xt, int t)
        => ReverseWalk.Run(model, network, request, TimeGrid.From(Visited(model.Process.Timesteps), t), ClipDenoised, Move, Guide, xt.alias());

    /// <inheritdoc/>
    public int NetworkEvaluationsFrom(int timesteps, int t) => TimeGrid.From(Visited(timesteps), t).Count;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => SamplerChecks.RequireGrid(Visited, run, path);

    private IReadOnlyList<int> Visited(int timesteps) => TimeGrid.Visit(Grid, timesteps, Steps ?? timesteps);

    private static Tensor Move(DiffusionModel model, ReverseStep step, Tensor xt, int i, Func<Tensor> noise)
        => i == 0 ? step.Mean : step.Mean + (0.5 * step.LogVariance).exp() * noise();

    private static ReverseStep Guide(GaussianDiffusion process, ReverseStep step, Tensor xt, Tensor t, Tensor gradient) => ClassifierGuidance.ConditionMean(step, gradient);
}
