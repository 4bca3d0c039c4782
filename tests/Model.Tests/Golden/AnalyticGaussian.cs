using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Variances;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Golden;

/// <summary>Data whose every pixel is N(0.1, 0.5^2): the ideal network, the path of the probability flow and the likelihood are known in closed form.</summary>
internal sealed class AnalyticGaussian
{
    public const double Mean = 0.1;
    public const double Deviation = 0.5;

    public AnalyticGaussian(double[] betas, Prediction? prediction = null, Variance? variance = null)
    {
        Model = new DiffusionModel(new GaussianDiffusion(betas), prediction ?? new EpsilonPrediction(), variance ?? new FixedSmallVariance());
        Time = new ContinuousTime(Model.Process);
    }

    public DiffusionModel Model { get; }

    public ContinuousTime Time { get; }

    /// <summary>The times that the network was called at.</summary>
    public List<double> Times { get; } = [];

    /// <summary>The ideal network: E[eps | x_t], or E[v | x_t], or E[x_0 | x_t].</summary>
    public Tensor Network(Tensor xt, Tensor t)
    {
        double at = t.to(ScalarType.Float64).ReadCpuDouble(0);
        Times.Add(at);
        (double a, double s) = (Time.Alpha(at), Time.Sigma(at));
        Tensor eps = s * (xt - Mean * a) / (Deviation * Deviation * a * a + s * s);
        Tensor x0 = (xt - s * eps) / a;
        return Model.Prediction switch { EpsilonPrediction => eps, X0Prediction => x0, VPrediction => a * eps - s * x0, _ => throw new NotSupportedException() };
    }

    /// <summary>Where the probability flow leads from x at one time to another: every pixel keeps its place in the marginal N(0.1 a, 0.25 a^2 + s^2).</summary>
    public Tensor Flow(Tensor x, double from, double to) => Mean * Time.Alpha(to) + (x - Mean * Time.Alpha(from)) * (Spread(to) / Spread(from));

    /// <summary>Standard deviation of x_t.</summary>
    public double Spread(double t) => Math.Sqrt(Math.Pow(Deviation * Time.Alpha(t), 2) + Math.Pow(Time.Sigma(t), 2));
}
