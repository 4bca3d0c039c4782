using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Sampling;

/// <summary>What a sample mode has drawn: images, what else belongs into their file, and how they are laid out for a person.</summary>
public sealed record DrawnImages
{
    /// <summary>The finished images, (N, C, H, W) bytes, row-major; runs of one mode are compared by the first of them.</summary>
    public required byte[] Images { get; init; }

    /// <summary>The rows of the picture.</summary>
    public required IReadOnlyList<PictureRow> Rows { get; init; }

    /// <summary>A heading for each column of the picture; empty for none.</summary>
    public IReadOnlyList<string> Headings { get; init; } = [];

    /// <summary>Further tensors of the file.</summary>
    public IReadOnlyList<SafetensorContent> Tensors { get; init; } = [];

    /// <summary>What the file says of the drawing, as free text by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Qualities that were measured on the way.</summary>
    public IReadOnlyList<MetricValue> Values { get; init; } = [];
}
