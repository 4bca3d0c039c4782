namespace DdpmJobs.Model.Randomness;

/// <summary>What a random number is drawn for. Part of its address, so the numbers are never renumbered: a stored seed must go on meaning the same run.</summary>
public enum RandomPurpose : uint
{
    /// <summary>First weights of a network.</summary>
    Initialization = 1,

    /// <summary>The order of the training images in an epoch.</summary>
    DataOrder = 2,

    /// <summary>Which training images are mirrored.</summary>
    Flip = 3,

    /// <summary>The timesteps of a training batch.</summary>
    Timestep = 4,

    /// <summary>The noise of a training batch.</summary>
    Noise = 5,

    /// <summary>Dropout masks.</summary>
    Dropout = 6,

    /// <summary>x_T of a sample.</summary>
    SampleLatent = 7,

    /// <summary>The noise that a sampling step adds.</summary>
    SampleStep = 8,

    /// <summary>The noise that an evaluation adds to an image.</summary>
    Evaluation = 9,

    /// <summary>The timesteps at which an evaluation visits an image.</summary>
    EvaluationTimestep = 10,

    /// <summary>Which labels of a training batch are kept from the network.</summary>
    LabelDropout = 11,

    /// <summary>Which samples are in a subset of a kernel distance.</summary>
    FeatureSubset = 12,
}
