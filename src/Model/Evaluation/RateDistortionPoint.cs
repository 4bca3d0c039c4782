namespace DdpmJobs.Model.Evaluation;

/// <summary>How much of an image has arrived, and how far it then is from the original, when a receiver has taken part of the reverse steps.</summary>
/// <param name="T">Zero-based timestep whose noisy image the receiver predicts the original from.</param>
/// <param name="ReverseSteps">Network evaluations that it has made then, this one included: T - t.</param>
/// <param name="RateBitsPerDim">Bits/dim that it has received.</param>
/// <param name="Rmse255">Root mean squared error of its prediction on the scale 0..255.</param>
/// <param name="RmseLevels">The same in levels of the data.</param>
public sealed record RateDistortionPoint(int T, int ReverseSteps, double RateBitsPerDim, double Rmse255, double RmseLevels);
