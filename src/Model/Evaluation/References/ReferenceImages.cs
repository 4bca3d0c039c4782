using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>A family of true images that samples are compared with.</summary>
public abstract record ReferenceImages
{
    /// <summary>Whether only statistics of the images are known, so that metrics of single features cannot be measured.</summary>
    internal virtual bool IsStatisticsOnly => false;

    /// <summary>Throws where a metric needs the features themselves and there are only statistics.</summary>
    /// <param name="metric">The metric's kind.</param>
    /// <param name="path">Where these images stand in the run.</param>
    internal void RequireFeatures(string metric, string path)
    {
        if (IsStatisticsOnly)
            throw new SpecException(path, $"{metric} compares single images, but {Kinds.NameOf(this)} holds statistics only; use train or test");
    }
}
