using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Exchange;

/// <summary>The files of a pipeline, or of a U-Net alone, as diffusers lays them out.</summary>
internal sealed class DiffusersFolder
{
    /// <summary>The version of diffusers whose files are written.</summary>
    public const string Version = "0.27.0";

    /// <summary>The name of the weights' file.</summary>
    public const string WeightsName = "diffusion_pytorch_model.safetensors";

    private static readonly string[] WeightsNames = [WeightsName, $"{WeightsName}.index.json", "diffusion_pytorch_model.bin"];

    private DiffusersFolder(string unet, string? scheduler)
    {
        Weights = WeightsNames.Select(name => Path.Combine(unet, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidDataException($"{unet} cannot be used: it holds none of {string.Join(", ", WeightsNames)}.");
        UnetConfig = Path.Combine(unet, "config.json");
        SchedulerConfig = scheduler;
    }

    /// <summary>The file with the tensors.</summary>
    public string Weights { get; }

    /// <summary>The file that describes the network.</summary>
    public string UnetConfig { get; }

    /// <summary>The file that describes the process; null where the U-Net is alone.</summary>
    public string? SchedulerConfig { get; }

    /// <summary>Finds the files of a folder.</summary>
    /// <exception cref="InvalidDataException">They are not there.</exception>
    public static DiffusersFolder Open(string folder)
    {
        string unet = Path.Combine(folder, "unet");
        if (!Directory.Exists(unet))
            return new DiffusersFolder(folder, null);
        string scheduler = Path.Combine(folder, "scheduler", "scheduler_config.json");
        return new DiffusersFolder(unet, File.Exists(scheduler) ? scheduler : null);
    }

    /// <summary>Reads one of the configurations, and lets it be compared with a run's.</summary>
    /// <param name="file">The file.</param>
    /// <param name="differences">Says where it differs.</param>
    /// <exception cref="InvalidDataException">It is no JSON object, or differs; the message names the file and every difference.</exception>
    public static void Compare(string file, Func<JsonObject, IEnumerable<string>> differences)
    {
        string[] found;
        try
        {
            found = [.. differences(JsonNode.Parse(File.ReadAllBytes(file))!.AsObject())];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new InvalidDataException($"{file} cannot be used: it is no configuration of diffusers.", error);
        }

        if (found.Length > 0)
            throw new InvalidDataException($"{file} does not fit the run: {string.Join("; ", found)}.");
    }
}
