using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.SampleModes;

/// <summary>Two images of a split by their numbers, from 0.</summary>
public sealed record ImagePair : ISpecCheck
{
    /// <summary>Where a way begins.</summary>
    [Description("number of the image that the way begins at, from 0")]
    [Range(0, int.MaxValue)]
    public required int From { get; init; }

    /// <summary>Where it ends.</summary>
    [Description("number of the image that the way ends at, from 0")]
    [Range(0, int.MaxValue)]
    public required int To { get; init; }

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (From == To)
            throw new SpecException(SpecPath.Member(path, "to"), $"must be another image than from; both are {To}");
    }
}
