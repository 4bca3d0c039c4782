using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;

namespace DdpmJobs.Chaos.Tests;

/// <summary>An objective, a variance and a timestep sampler, by the names of their kinds.</summary>
/// <param name="Objective">Kind of the objective.</param>
/// <param name="Variance">Kind of the variance.</param>
/// <param name="TimestepSampler">Kind of the timestep sampler.</param>
internal sealed record Combination(string Objective, string Variance, string TimestepSampler)
{
    /// <summary>The one with the most to remember: t is drawn by the last losses, the loss has two parts, and the network puts out the variance too.</summary>
    public static Combination Richest { get; } = new("hybrid", "learned_range", "importance");

    /// <summary>As it is written in a table.</summary>
    [JsonIgnore]
    public string Name => $"{Objective} × {Variance} × {TimestepSampler}";

    /// <summary>Every combination that the specs allow; the catalogue is asked, so that a new kind is in it. A timestep sampler that remembers nothing is a function of the step
    /// and cannot tell the losses apart: beside the default one, such samplers are taken with the default objective and variance only.</summary>
    public static IReadOnlyList<Combination> All() => [.. Every().Where(combination => combination.Refusal is null && combination.IsOfItsOwn)];

    /// <summary>The combinations that the specs refuse, with the reason.</summary>
    public static IReadOnlyList<(Combination Combination, string Reason)> Refused()
        => [.. Every().Where(combination => combination.IsOfItsOwn && combination.Refusal is not null).Select(combination => (combination, combination.Refusal!))];

    /// <summary>A number that only this combination has.</summary>
    [JsonIgnore]
    public long Seed => BinaryPrimitives.ReadUInt16LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Name)));

    /// <summary>Why the specs refuse it with every prediction; null where they allow it.</summary>
    [JsonIgnore]
    public string? Refusal
    {
        get
        {
            string? first = null;
            foreach (string prediction in Kinds("prediction"))
            {
                try
                {
                    RunChecks.Check(Spec(prediction, steps: 1));
                    return null;
                }
                catch (SpecException error)
                {
                    first ??= error.Message;
                }
            }

            return first;
        }
    }

    /// <summary>A tiny training of it: 8 x 8 digits, a network of a few channels (but enough for every kernel of ours), dropout, two moving averages, a learning rate that changes.</summary>
    /// <exception cref="SpecException">The specs refuse it.</exception>
    public RunSpec Spec(int steps) => Kinds("prediction").Select(prediction => (RunSpec?)Allowed(prediction, steps)).First(spec => spec is not null)!;

    private bool IsOfItsOwn
    {
        get
        {
            RunSpec defaults = new() { Data = new Optdigits() };
            bool isDefaultLoss = Objective == Model.Specs.Kinds.NameOf(defaults.Objective) && Variance == Model.Specs.Kinds.NameOf(defaults.Process.Variance);
            TimestepSampler sampler = SpecJson.Read<TimestepSampler>(new JsonObject { ["kind"] = TimestepSampler });
            return isDefaultLoss || sampler.LossesPerTimestep > 0 || TimestepSampler == Model.Specs.Kinds.NameOf(defaults.Training.TimestepSampler);
        }
    }

    private static IEnumerable<Combination> Every() =>
        from objective in Kinds("objective")
        from variance in Kinds("variance")
        from sampler in Kinds("timestep_sampler")
        select new Combination(objective, variance, sampler);

    private static IEnumerable<string> Kinds(string family) => Model.Specs.Kinds.Families().Single(f => f.Name == family).Kinds.Select(kind => kind.Name);

    private RunSpec? Allowed(string prediction, int steps)
    {
        try
        {
            RunSpec spec = Spec(prediction, steps);
            RunChecks.Check(spec);
            return spec;
        }
        catch (SpecException)
        {
            return null;
        }
    }

    // The importance sampler must have seen every t some times before its losses count: few timesteps and a short memory.
    private RunSpec Spec(string prediction, int steps)
    {
        JsonObject sampler = new() { ["kind"] = TimestepSampler };
        if (TimestepSampler == Richest.TimestepSampler)
            sampler["history"] = 3;
        return SpecJson.Read<RunSpec>(new JsonObject
        {
            ["seed"] = 11,
            ["data"] = "optdigits",
            ["network"] = new JsonObject
            {
                ["kind"] = "ddpm_unet",
                ["channels"] = 32,
                ["multipliers"] = new JsonArray(1),
                ["blocks"] = 1,
                ["attention"] = new JsonArray(8),
                ["dropout"] = 0.1,
                ["groups"] = 4,
            },
            ["process"] = new JsonObject { ["timesteps"] = 8, ["prediction"] = prediction, ["variance"] = Variance },
            ["objective"] = Objective,
            ["training"] = new JsonObject
            {
                ["steps"] = steps,
                ["batch_size"] = 8,
                ["warmup_steps"] = 10,
                ["decay"] = "cosine",
                ["log_every"] = 3,
                ["optimizer"] = new JsonObject { ["kind"] = "adam", ["learning_rate"] = 1e-3 },
                ["ema"] = new JsonArray(new JsonObject { ["kind"] = "warmup", ["decay"] = 0.9 }, "power_function"),
                ["timestep_sampler"] = sampler,
            },
            ["sampling"] = new JsonObject { ["sampler"] = new JsonObject { ["kind"] = "ancestral" } },
        });
    }
}
