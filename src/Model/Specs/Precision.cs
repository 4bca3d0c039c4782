namespace DdpmJobs.Model.Specs;

/// <summary>What the products of a network in training are computed in.</summary>
public enum Precision
{
    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>Convolutions, dense layers and the products of attention in bfloat16; everything else, the weights and the optimiser included, in float32.</summary>
    Bf16,
}
