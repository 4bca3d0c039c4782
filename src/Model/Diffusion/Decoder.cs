namespace DdpmJobs.Model.Diffusion;

/// <summary>How the distribution function in the likelihood of pixel levels is computed.</summary>
public enum Decoder
{
    /// <summary>The true one, by differences of logarithms, with no floor.</summary>
    Exact,

    /// <summary>The tanh approximation with a floor of 1e-12 of the program of Ho et al., for values comparable with published ones.</summary>
    Tanh,
}
