using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>Statistics that another program, or another installation, made, as <c>ddpm statistics add</c> brought them in.</summary>
[Kind("file", Summary = "statistics of another program (.npz with mu and sigma) or installation, brought in by `ddpm statistics add`",
    Source = "mseitzer/pytorch-fid, fid_score.py")]
public sealed record FileReference : ReferenceImages, ISpecCheck
{
    /// <summary>SHA-256 of the file, as <c>ddpm statistics add</c> shows it: a spec holds no path.</summary>
    [Description("SHA-256 of the file, as `ddpm statistics add` shows it")]
    public required string Sha256 { get; init; }

    /// <inheritdoc/>
    internal override bool IsStatisticsOnly => true;

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigitLower))
            throw new SpecException(SpecPath.Member(path, "sha256"), $"must be a SHA-256 of 64 digits 0-9 and a-f, as `ddpm statistics list` shows it; got \"{Sha256}\"");
    }
}
