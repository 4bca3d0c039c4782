using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>How the validations of a training went so far: part of its state, and so of its checkpoints.</summary>
internal sealed record ValidationProgress
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Before the first.</summary>
    public static ValidationProgress None { get; } = new();

    /// <summary>Optimiser steps done at the newest one; 0 before the first.</summary>
    public long Step { get; init; }

    /// <summary>What is known of each metric.</summary>
    public IReadOnlyList<ValidatedMetric> Metrics { get; init; } = [];

    /// <summary>The value that the next has to improve on for the training to go on; null before the first finite one, and without early stop.</summary>
    public double? Mark { get; init; }

    /// <summary>Validations in a row that did not improve on <see cref="Mark"/>.</summary>
    public int Waited { get; init; }

    /// <summary>One sentence on why the training is complete before its last step; null while it is not.</summary>
    public string? EndedEarly { get; init; }

    /// <summary>As it stands in a checkpoint's header; null before the first.</summary>
    [JsonIgnore]
    public string? Text => Step == 0 ? null : JsonSerializer.Serialize(this, Format);

    /// <summary>The metrics whose best value is the newest.</summary>
    [JsonIgnore]
    public IReadOnlyList<CheckpointSelection> Selections =>
    [
        .. Metrics.Where(metric => metric.Best is not null && metric.BestStep == Step)
            .Select(metric => new CheckpointSelection(metric.Metric, metric.Value, metric.Unit, metric.LowerIsBetter, Step, metric.ToValue().ProtocolDigest)),
    ];

    /// <summary>Reads it from a checkpoint's header.</summary>
    /// <param name="text">As <see cref="Text"/> wrote it; null for none.</param>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <exception cref="InvalidDataException">It is no such text.</exception>
    public static ValidationProgress Read(string? text, string path)
    {
        if (text is null)
            return None;
        try
        {
            return JsonSerializer.Deserialize<ValidationProgress>(text, Format) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} cannot be used: its validation cannot be read ({error.Message.TrimEnd('.')}).", error);
        }
    }

    /// <summary>Whether a validation is due that has not been done: at the newest step, or one that a stop has come before.</summary>
    /// <param name="validation">How often; null for never.</param>
    /// <param name="step">Optimiser steps done.</param>
    public bool IsDue(ValidationSpec? validation, long step) => validation is not null && step > 0 && step % validation.Every == 0 && Step < step;

    /// <summary>After a validation more.</summary>
    /// <param name="step">Optimiser steps done.</param>
    /// <param name="values">What it measured.</param>
    /// <param name="early">When the training ends early; null for never.</param>
    public ValidationProgress After(long step, IReadOnlyList<MetricValue> values, EarlyStopSpec? early)
    {
        ValidationProgress next = this with
        {
            Step = step,
            Metrics = [.. values.Select(value => ValidatedMetric.After(Metrics.FirstOrDefault(metric => metric.Metric == value.Name), value, step))],
        };
        if (early is null)
            return next;

        // Only a clear improvement moves the mark, so that many small ones count as one when they add up.
        ValidatedMetric watched = next.Metrics.Single(metric => metric.Metric == early.Metric);
        bool improved = double.IsFinite(watched.Value) && (Mark is not double mark || ValidatedMetric.IsBetter(watched.LowerIsBetter, watched.Value, mark, early.MinImprovement));
        if (improved)
            return next with { Mark = watched.Value, Waited = 0 };
        int waited = Waited + 1;
        return next with { Waited = waited, EndedEarly = waited < early.Patience ? null : Sentence(step, watched, early) };
    }

    private static string Sentence(long step, ValidatedMetric watched, EarlyStopSpec early)
    {
        string by = early.MinImprovement > 0 ? string.Create(CultureInfo.InvariantCulture, $" by more than {early.MinImprovement} {watched.Unit}") : "";
        string best = watched.Best is double value ? string.Create(CultureInfo.InvariantCulture, $"its best is {value:G6} {watched.Unit} at step {watched.BestStep}") : "it was never finite";
        return string.Create(CultureInfo.InvariantCulture, $"stopped early at step {step}: validation/{watched.Metric} has not improved{by} in {early.Patience} validations; {best}");
    }
}
