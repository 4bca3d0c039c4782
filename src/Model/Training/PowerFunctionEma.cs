using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>Weighs step s by s^gamma, so that the average's width grows with the training: it is always the same share of it.</summary>
[Kind("power_function", Summary = "an average whose width is always the same share of the training", Source = "Karras et al. 2023 (arXiv:2312.02696), section 3.1; NVlabs/edm2, training/phema.py")]
public sealed record PowerFunctionEma : Ema
{
    /// <summary>The standard deviation of the weights' profile, as a share of the training so far.</summary>
    [Description("width of the average as a share of the training so far")]
    [Range(0.01, 0.28)]
    public double RelativeWidth { get; init; } = 0.1; // NVlabs/edm2 keeps 0.05 and 0.1

    /// <inheritdoc/>
    public override double DecayAt(long step) => Math.Pow(1 - 1.0 / (step + 1), Gamma() + 1);

    // The width falls with gamma: width^2 = (gamma + 1) / ((gamma + 2)^2 (gamma + 3)), so halving the interval finds it.
    private double Gamma()
    {
        (double low, double high) = (0, 1e6);
        while (true)
        {
            double middle = (low + high) / 2;
            if (middle == low || middle == high)
                return middle;
            bool tooWide = (middle + 1) / ((middle + 2) * (middle + 2) * (middle + 3)) > RelativeWidth * RelativeWidth;
            (low, high) = tooWide ? (middle, high) : (low, middle);
        }
    }
}
