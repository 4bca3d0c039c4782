using System.Text.Json;

namespace DdpmJobs.Model.Training;

/// <summary>What each stretch of a training ran under; a training that was never moved has one, however often it was stopped.</summary>
internal sealed class ConditionsHistory
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly Stretch[] _stretches;

    private ConditionsHistory(Stretch[] stretches) => _stretches = stretches;

    /// <summary>Of weights that were not trained here.</summary>
    public static ConditionsHistory None { get; } = new([]);

    /// <summary>As it stands in a checkpoint's header; null where there is none.</summary>
    public string? Text => _stretches.Length == 0 ? null : JsonSerializer.Serialize(_stretches, Format);

    /// <summary>Reads it from a checkpoint's header.</summary>
    /// <param name="text">As <see cref="Text"/> wrote it; null for none.</param>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <exception cref="InvalidDataException">It is no such text.</exception>
    public static ConditionsHistory Read(string? text, string path)
    {
        if (text is null)
            return None;
        try
        {
            Stretch?[] stretches = JsonSerializer.Deserialize<Stretch?[]>(text, Format) ?? throw new JsonException("They are null.");
            return new ConditionsHistory([.. stretches.Select(stretch => stretch ?? throw new JsonException("One of them is null."))]);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"The checkpoint {path} is damaged: its conditions cannot be read ({error.Message.TrimEnd('.')}).", error);
        }
    }

    /// <summary>Goes on under other or the same conditions.</summary>
    /// <param name="step">Optimiser steps done.</param>
    /// <param name="now">What the next step runs under.</param>
    /// <returns>The history with that stretch, and what it means for the numbers.</returns>
    public (ConditionsHistory History, Resumption Resumption) GoOn(long step, TrainingConditions now)
    {
        // A stretch in which no step was done changed no number.
        Stretch[] kept = [.. _stretches.Where(stretch => stretch.FromStep < step)];
        TrainingConditions? before = kept.LastOrDefault()?.Conditions;
        ConditionsHistory history = before == now ? new(kept) : new([.. kept, new Stretch(step, now)]);
        return (history, new Resumption(step, before, now));
    }

    private sealed record Stretch(long FromStep, TrainingConditions Conditions);
}
