using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>Images of the data set.</summary>
public abstract record SplitReference : ReferenceImages, IRunCheck
{
    /// <summary>Name of the split.</summary>
    internal abstract string SplitName { get; }

    /// <summary>The first so many; null for all, as published FIDs.</summary>
    [Description("the first so many images; null for all, as published")]
    [Range(2, int.MaxValue)]
    public int? Images { get; init; }

    /// <summary>What is wrong where the split has fewer.</summary>
    internal string TooMany(int count) => $"must be at most the {count} images of the {SplitName} split; got {Images}";

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (Images is not null && run.Data.CountOf(Datasets.SplitName.Of(SplitName)) is int count && Images > count)
            throw new SpecException(SpecPath.Member(path, "images"), TooMany(count));
    }
}
