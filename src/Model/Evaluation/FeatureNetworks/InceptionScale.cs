namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>How <c>inception</c> brings levels 0 to 255 to its range; programs differ, and it belongs to the resize step of each.</summary>
public enum InceptionScale
{
    /// <summary>x / 127.5 - 1: pytorch-fid.</summary>
    PytorchFid,

    /// <summary>(x - 128) / 128: the TensorFlow graph, and with it TTUR, torch-fidelity and clean-fid.</summary>
    TensorFlow,
}
