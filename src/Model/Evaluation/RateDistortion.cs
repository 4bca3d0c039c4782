using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A trained model as a progressive code: bits received against the error of what they show. Needs no libtorch.</summary>
/// <remarks>
/// Ho et al. 2020 (arXiv:2006.11239), section 4.3, table 4 and figure 5. The rate at t is L_T and all terms above t, the cost of x_t itself; the distortion at t is the root mean
/// squared error of the image predicted from x_t. The paper's "reverse steps done" are T - t: 1 where only noise was seen, T at t = 0, where L_0 is all that is left to send.
/// </remarks>
public sealed class RateDistortion
{
    /// <summary>Half of the scale 0..255: an error of 1 in [-1, 1] is 127.5 on it, whatever the number of levels of the data.</summary>
    public const double HalfScale = 127.5;

    /// <summary>What follows the metric's name in that of the rates' series, whose step is t.</summary>
    public const string RateSuffix = "/rate_bits_per_dim_at_t";

    /// <summary>What follows the metric's name in that of the distortions' series, whose step is t.</summary>
    public const string DistortionSuffix = "/distortion_rmse255_at_t";

    /// <summary>Puts the two series together.</summary>
    /// <param name="timesteps">T.</param>
    /// <param name="levels">Number of levels of a pixel of the data.</param>
    /// <param name="decoderBitsPerDim">L_0, bits/dim.</param>
    /// <param name="rate">Bits/dim at each t measured.</param>
    /// <param name="distortion">Error on the scale 0..255 at each t measured.</param>
    /// <exception cref="ArgumentException">No t is in both series, or one is not below T.</exception>
    public RateDistortion(int timesteps, int levels, double decoderBitsPerDim, IEnumerable<(long T, double Value)> rate, IEnumerable<(long T, double Value)> distortion)
    {
        (Timesteps, Levels, DecoderBitsPerDim) = (timesteps, levels, decoderBitsPerDim);
        Dictionary<long, double> errors = distortion.ToDictionary(point => point.T, point => point.Value);
        Points =
        [
            .. rate.Where(point => errors.ContainsKey(point.T)).OrderByDescending(point => point.T).Select(point => new RateDistortionPoint(
                (int)point.T, timesteps - (int)point.T, point.Value, errors[point.T], errors[point.T] / (2 * HalfScale) * (levels - 1))),
        ];
        if (Points.Count == 0 || Points[0].ReverseSteps < 1)
            throw new ArgumentException($"Rates and distortions must share at least one t, all below T = {timesteps}.", nameof(rate));
    }

    /// <summary>Reads what an evaluation of the bound has stored.</summary>
    /// <param name="protocol">Its protocol.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="rate">Its series of rates.</param>
    /// <param name="distortion">Its series of distortions.</param>
    /// <returns>Null where the protocol is not that of a bound, or no point is there.</returns>
    public static RateDistortion? Of(
        JsonObject protocol, IReadOnlyDictionary<string, double> parts, IReadOnlyList<(long T, double Value)> rate, IReadOnlyList<(long T, double Value)> distortion)
        => protocol["timesteps"] is JsonValue timesteps && protocol["levels"] is JsonValue levels && parts.TryGetValue("decoder_bits_per_dim", out double decoder)
            && rate.Select(point => point.T).Intersect(distortion.Select(point => point.T)).Any()
            ? new RateDistortion(timesteps.GetValue<int>(), levels.GetValue<int>(), decoder, rate, distortion)
            : null;

    /// <summary>T.</summary>
    public int Timesteps { get; }

    /// <summary>Number of levels of a pixel of the data.</summary>
    public int Levels { get; }

    /// <summary>L_0, which the paper calls the distortion part of the lossless code: what is left to send when every reverse step is done, bits/dim.</summary>
    public double DecoderBitsPerDim { get; }

    /// <summary>Every t measured, in the order in which a receiver comes by.</summary>
    public IReadOnlyList<RateDistortionPoint> Points { get; }

    /// <summary>L_T and the sum of L_t: what is sent before L_0, bits/dim.</summary>
    public double RateBitsPerDim => Points[^1].RateBitsPerDim;

    /// <summary>The whole code length: the bound itself, bits/dim.</summary>
    public double LosslessBitsPerDim => RateBitsPerDim + DecoderBitsPerDim;

    /// <summary>The points nearest to even shares of the reverse steps, as in table 4: most steps first.</summary>
    /// <param name="rows">How many at most, at least 1.</param>
    public IReadOnlyList<RateDistortionPoint> Table(int rows = 10)
    {
        IEnumerable<int> wanted = Enumerable.Range(0, rows).Select(row => (int)Math.Round((double)Timesteps * (rows - row) / rows));
        return [.. wanted.Select(steps => Points.MinBy(point => Math.Abs(point.ReverseSteps - steps))!).Distinct()];
    }
}
