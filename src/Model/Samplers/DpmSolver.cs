using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>DPM-Solver and DPM-Solver++: solvers of higher order for the probability flow, without noise.</summary>
/// <remarks>
/// The way starts at the last timestep whose lambda = ln(alpha / sigma) is not below <see cref="LambdaMin"/>: a cosine schedule spends its last timesteps where the
/// image is lost in rounding, and where a schedule ends in pure noise lambda is not finite. It ends at timestep 0, and from there a last call predicts the image.
/// Multistep order 3 is the authors': its first step is of order 1, and it weighs the second derivative by half of Taylor's weight, so the error falls as that of order 2.
/// </remarks>
[Kind("dpm_solver", Summary = "solves the probability flow with order 1 to 3; good images in 10 to 20 calls", Source = "Lu et al. 2022 (arXiv:2206.00927), and DPM-Solver++: Lu et al. 2022 (arXiv:2211.01095)")]
public sealed record DpmSolver : Sampler, IRunCheck, ISpecCheck
{
    private const string Data = "data";
    private const string Noise = "noise";
    private const string Multistep = "multistep";
    private const string Singlestep = "singlestep";
    private const string Authors = "dpmsolver";
    private const string Taylor = "taylor";

    // Below this many steps the authors' program ends in steps of lower order, "the key to stabilizing" few steps; its docstring says 15.
    private const int FewSteps = 10;

    /// <summary>Network calls on the way, without the last one that <see cref="DenoiseFinal"/> adds.</summary>
    [Description("network calls on the way to timestep 0")]
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 20;

    /// <summary>Order of the solver.</summary>
    [Description("order of the solver: 1 is DDIM")]
    [Range(1, 3)]
    public int Order { get; init; } = 2;

    /// <summary>What is expanded in lambda: the predicted image is DPM-Solver++, the predicted noise is DPM-Solver.</summary>
    [Description("what is expanded: data (DPM-Solver++) or noise (DPM-Solver)")]
    [AllowedValues(Data, Noise)]
    public string Expands { get; init; } = Data;

    /// <summary>Where derivatives come from: the steps before, or more calls within the step.</summary>
    [Description("where derivatives come from: multistep (earlier calls) or singlestep (calls within the step)")]
    [AllowedValues(Multistep, Singlestep)]
    public string Method { get; init; } = Multistep;

    /// <summary>How the way is divided: a name of <see cref="ContinuousGrid"/>.</summary>
    [Description("how the way is divided: log_snr, quadratic, uniform")]
    [AllowedValues(ContinuousGrid.LogSnr, ContinuousGrid.Quadratic, ContinuousGrid.Uniform)]
    public string Grid { get; init; } = ContinuousGrid.LogSnr;

    /// <summary>The weights of derivatives: those of the authors, or of the full Taylor expansion. Both have the solver's order.</summary>
    [Description("weights of derivatives: dpmsolver (the authors') or taylor")]
    [AllowedValues(Authors, Taylor)]
    public string SolverType { get; init; } = Authors;

    /// <summary>Whether a multistep way of fewer than 10 steps ends in steps of lower order.</summary>
    [Description("end in lower orders where a multistep way has fewer than 10 steps")]
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Whether a last call at timestep 0 gives the image; else what is left of the noise stays.</summary>
    [Description("one more call at timestep 0 removes what is left of the noise")]
    public bool DenoiseFinal { get; init; } = true;

    /// <summary>Whether predicted images are clipped to [-1, 1] at every call.</summary>
    [Description("clip predicted images to [-1, 1] at every call")]
    public bool ClipDenoised { get; init; } = true;

    /// <summary>The lambda = ln(alpha / sigma) that the way does not start below.</summary>
    [Description("ln(alpha / sigma) that the way does not start below")]
    [Range(-50.0, 0.0)]
    public double LambdaMin { get; init; } = -5.1;

    /// <inheritdoc/>
    public override int NetworkEvaluations(int timesteps) => Steps + (DenoiseFinal ? 1 : 0);

    /// <inheritdoc/>
    public override Tensor Sample(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        ContinuousDenoiser denoiser = new(model, network, request, ClipDenoised);
        ContinuousTime time = denoiser.Time;
        ExponentialIntegrator integrator = new(denoiser, Expands == Noise);
        double from = SamplerChecks.Start(time, LambdaMin);
        Tensor x = SampleNoise.Latent(request);

        // Go from noise to timestep 0.
        x = Method == Multistep
            ? MultistepWalk.Run(integrator, time.Lambda, x, ContinuousGrid.Divide(Grid, time, from, 0, Steps), OrderOf, SolverType == Authors)
            : SinglestepWalk.Run(integrator, time, x, Grid, from, SinglestepWalk.Orders(Steps, Order), SolverType == Authors);

        // What is left there is the image and the noise of timestep 0.
        return (DenoiseFinal ? denoiser.PredX0(x, 0) : x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (Method == Multistep && Steps < Order)
            throw new SpecException(SpecPath.Member(path, "steps"), $"a multistep solver needs at least as many steps as its order; got steps {Steps}, order {Order}");
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => SamplerChecks.RequireContinuous(run, path, time => SamplerChecks.Start(time, LambdaMin));

    // The first steps have no history; few steps also end in lower orders.
    private int OrderOf(int step)
    {
        int order = Math.Min(Order, step + 1);
        return LowerOrderFinal && Steps < FewSteps ? Math.Min(order, Steps - step) : order;
    }
}
