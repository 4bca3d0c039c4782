using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>How the small classifier of a labelled data set is trained. Whatever changes its numbers changes <see cref="Version"/> too.</summary>
internal sealed record ClassifierRecipe
{
    /// <summary>What the names of their files begin with.</summary>
    public const string FileStart = "classifier-v";

    /// <summary>The recipe in use.</summary>
    public static ClassifierRecipe Current { get; } = new();

    /// <summary>Its number.</summary>
    public int Version { get; init; } = 2;

    /// <summary>Root of the randomness: first weights, and the order of the images.</summary>
    public long Seed { get; init; }

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>Images of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>The optimiser.</summary>
    public AdamOptimizer Optimizer { get; init; } = new() { LearningRate = 6e-3 };

    /// <summary>The learning rate falls to zero.</summary>
    public LinearDecay Decay { get; init; } = new();

    /// <summary>Name of the file in which the weights for a data set are kept.</summary>
    /// <param name="dataHash">Content hash of the training images.</param>
    public string FileName(string dataHash) => $"{FileStart}{Version}-{dataHash[..16]}.safetensors";
}
