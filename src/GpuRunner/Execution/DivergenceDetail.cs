using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Puts all that is known of a divergence into the form that is stored with the attempt.</summary>
public static class DivergenceDetail
{
    /// <summary>The ending of the attempt.</summary>
    /// <param name="divergence">What the training knows.</param>
    /// <param name="checkpoint">The run's newest checkpoint in the store, from before the divergence; null where there is none.</param>
    public static AttemptEnding.Diverged EndingOf(Divergence divergence, Artifact? checkpoint)
    {
        ArgumentNullException.ThrowIfNull(divergence);
        (string Name, JsonNode? Value)[] members =
        [
            ("step", divergence.Step),
            ("cause", divergence.Cause.ToString().ToLowerInvariant()),
            ("loss", Number(divergence.Loss)),
            ("grad_norm", Number(divergence.GradNorm)),
            ("loss_above", divergence.LossAbove),
            ("steps_over", divergence.StepsOver),
            ("checkpoint_step", checkpoint?.Step),
            ("checkpoint_artifact", checkpoint?.Id.ToString()),
            ("checkpoint_sha256", checkpoint?.Sha256),
            ("images", new JsonArray([.. divergence.Images.Select(index => JsonValue.Create(index))])),
            ("timesteps", new JsonArray([.. divergence.Timesteps.Select(t => JsonValue.Create(t))])),
        ];

        // One member a line, so that people can read it too.
        IEnumerable<string> lines = members.Where(member => member.Value is not null).Select(member => $"  \"{member.Name}\": {member.Value!.ToJsonString()}");
        return new AttemptEnding.Diverged(divergence.Sentence, $"{{\n{string.Join(",\n", lines)}\n}}");
    }

    // JSON has no number for these; the API writes them so too.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);
}
