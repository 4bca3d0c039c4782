using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Model.Training;
using TorchSharp;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Describes what an attempt ran on, for whoever has to explain a number.</summary>
public static class AttemptEnvironment
{
    /// <summary>The same with the content hash of the images that a training read.</summary>
    public static string WithData(string json, string dataHash)
    {
        JsonObject environment = JsonNode.Parse(json)!.AsObject();
        environment["data_hash"] = dataHash;
        return environment.ToJsonString();
    }

    /// <summary>The same with how a training goes on from a checkpoint: the step, whether exactly, and if not, why.</summary>
    /// <param name="json">The environment.</param>
    /// <param name="resumption">How it goes on; null where it does not.</param>
    public static string WithResumption(string json, Resumption? resumption)
    {
        if (resumption is null)
        {
            return json;
        }

        JsonObject environment = JsonNode.Parse(json)!.AsObject();
        environment["resumed_from"] = new JsonObject { ["step"] = resumption.Step, ["exact"] = resumption.IsExact, ["reason"] = resumption.Reason };
        return environment.ToJsonString();
    }

    /// <summary>Device, threads, host, system and versions as a JSON object.</summary>
    public static string Json(string device, int threads) => new JsonObject
    {
        ["device"] = device,
        ["threads"] = threads,
        ["host"] = Environment.MachineName,
        ["os"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["ddpm_version"] = RunnerPresence.Version,
        ["torchsharp_version"] = typeof(torch).Assembly.GetName().Version?.ToString(3),
        ["libtorch_version"] = torch.__version__,
    }.ToJsonString();
}
