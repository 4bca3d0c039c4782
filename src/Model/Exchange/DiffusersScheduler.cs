using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Exchange;

/// <summary>The configuration under which the DDPM scheduler of diffusers is our process. It holds its tables in float32.</summary>
/// <remarks>huggingface/diffusers, schedulers/scheduling_ddpm.py.</remarks>
internal static class DiffusersScheduler
{
    private const int RescaledTimesteps = 1000; // where rescaling changes nothing

    private static readonly Dictionary<string, string> Predictions = new(StringComparer.Ordinal)
    {
        ["epsilon"] = "epsilon",
        ["x0"] = "sample",
        ["v"] = "v_prediction",
    };

    private static readonly Dictionary<string, string> Variances = new(StringComparer.Ordinal)
    {
        ["fixed_large"] = "fixed_large",
        ["fixed_small"] = "fixed_small",
        ["learned_range"] = "learned_range",
    };

    /// <summary>Says why the program has no such process; null when it has.</summary>
    public static string? WhyNot(ProcessSpec process)
    {
        string prediction = Kinds.NameOf(process.Prediction);
        string variance = Kinds.NameOf(process.Variance);
        return process.RescaleTimesteps && process.Timesteps != RescaledTimesteps
            ? $"its pipelines hand the network t as it is, and rescale_timesteps hands it t times 1000 / {process.Timesteps}"
            : !Predictions.ContainsKey(prediction) ? $"diffusers has no prediction {prediction}; it has {string.Join(", ", Predictions.Keys)}"
            : !Variances.ContainsKey(variance) ? $"diffusers has no variance {variance} with our meaning; it has {string.Join(", ", Variances.Keys)}"
            : null;
    }

    /// <summary>Writes the configuration: the schedule by name where the program has it, else beta by beta.</summary>
    /// <param name="process">The process.</param>
    /// <param name="sampler">How the run samples: whether images are clipped, and the grid, where the program has one like it.</param>
    public static JsonObject Config(ProcessSpec process, Sampler sampler)
    {
        (bool clips, string grid) = sampler switch
        {
            AncestralSampler ancestral => (ancestral.ClipDenoised, ancestral.Grid),
            DdimSampler ddim => (ddim.ClipDenoised, ddim.Grid),
            _ => (true, TimeGrid.Leading),
        };
        JsonObject config = new()
        {
            ["_class_name"] = "DDPMScheduler",
            ["_diffusers_version"] = DiffusersFolder.Version,
            ["num_train_timesteps"] = process.Timesteps,
            ["beta_start"] = 0.0001,
            ["beta_end"] = 0.02,
            ["beta_schedule"] = "linear",
            ["trained_betas"] = null,
            ["variance_type"] = Variances[Kinds.NameOf(process.Variance)],
            ["prediction_type"] = Predictions[Kinds.NameOf(process.Prediction)],
            ["clip_sample"] = clips,
            ["clip_sample_range"] = 1.0,
            ["thresholding"] = false,
            ["rescale_betas_zero_snr"] = false,
            ["steps_offset"] = 0,
            ["timestep_spacing"] = grid is TimeGrid.Linspace or TimeGrid.Trailing ? grid : TimeGrid.Leading,
        };
        if (process.Schedule is LinearSchedule linear)
        {
            config["beta_start"] = linear.BetaStart;
            config["beta_end"] = linear.BetaEnd;
        }
        else if (process.Schedule is QuadSchedule quad)
        {
            config["beta_schedule"] = "scaled_linear";
            config["beta_start"] = quad.BetaStart;
            config["beta_end"] = quad.BetaEnd;
        }
        else if (process.Schedule is CosineSchedule { S: 0.008, MaxBeta: 0.999 })
        {
            config["beta_schedule"] = "squaredcos_cap_v2";
        }
        else
        {
            config["trained_betas"] = new JsonArray([.. process.Schedule.Betas(process.Timesteps).Select(beta => JsonValue.Create(beta))]);
        }

        return config;
    }

    /// <summary>Says where a configuration means another process than ours; the variance is only compared where the network puts it out.</summary>
    /// <exception cref="InvalidOperationException">A member has the wrong type.</exception>
    public static IEnumerable<string> Differences(JsonObject theirs, ProcessSpec process)
    {
        int timesteps = theirs["num_train_timesteps"]?.GetValue<int>() ?? 1000;
        if (timesteps != process.Timesteps)
        {
            yield return $"num_train_timesteps is {timesteps} there and {process.Timesteps} here";
            yield break;
        }

        string kind = Kinds.NameOf(process.Prediction);
        string prediction = theirs["prediction_type"]?.GetValue<string>() ?? (theirs["predict_epsilon"]?.GetValue<bool>() == false ? "sample" : "epsilon");
        if (Predictions.GetValueOrDefault(kind) != prediction)
            yield return $"prediction_type is {prediction} there and {kind} here";

        // A fixed variance is the sampler's choice; a learned one is what the network puts out.
        string variance = theirs["variance_type"]?.GetValue<string>() ?? "fixed_small";
        bool learned = variance.StartsWith("learned", StringComparison.Ordinal);
        if (learned != process.Variance.OutputsPerChannel > 1 || (learned && Variances.GetValueOrDefault(Kinds.NameOf(process.Variance)) != variance))
            yield return $"variance_type is {variance} there and {Kinds.NameOf(process.Variance)} here";

        if (Betas(theirs, timesteps) is not double[] betas)
        {
            yield return $"the schedule {theirs["beta_schedule"]?.ToJsonString()} there cannot be compared; to take the network alone, import its folder unet";
            yield break;
        }

        // Their tables are float32.
        double[] ours = process.Schedule.Betas(timesteps);
        if (betas.Length != timesteps)
        {
            yield return $"trained_betas has {betas.Length} values there for {timesteps} timesteps";
            yield break;
        }

        int differs = Enumerable.Range(0, timesteps).FirstOrDefault(t => Math.Abs(betas[t] - ours[t]) > 1e-6 * ours[t] + 1e-9, -1);
        if (differs >= 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"beta at t = {differs} is {betas[differs]} there and {ours[differs]} here");
    }

    // Null where their schedule is none that is known here.
    private static double[]? Betas(JsonObject theirs, int timesteps)
    {
        double[]? betas = PlainBetas(theirs, timesteps);
        return betas is not null && theirs["rescale_betas_zero_snr"]?.GetValue<bool>() == true
            ? new ZeroTerminalSnrSchedule { Of = new BetasSchedule { Values = betas } }.Betas(betas.Length)
            : betas;
    }

    private static double[]? PlainBetas(JsonObject theirs, int timesteps)
    {
        if (theirs["trained_betas"] is JsonArray betas)
            return [.. betas.Select(beta => beta!.GetValue<double>())];
        double start = theirs["beta_start"]?.GetValue<double>() ?? 0.0001;
        double end = theirs["beta_end"]?.GetValue<double>() ?? 0.02;
        return (theirs["beta_schedule"]?.GetValue<string>() ?? "linear") switch
        {
            "linear" => new LinearSchedule { BetaStart = start, BetaEnd = end }.Betas(timesteps),
            "scaled_linear" => new QuadSchedule { BetaStart = start, BetaEnd = end }.Betas(timesteps),
            "squaredcos_cap_v2" => new CosineSchedule().Betas(timesteps),
            "sigmoid" => new SigmoidBetaSchedule { BetaStart = start, BetaEnd = end }.Betas(timesteps),
            _ => null,
        };
    }
}
