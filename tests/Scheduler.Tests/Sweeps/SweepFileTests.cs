using System.Text.Json.Nodes;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Scheduler.Tests.Sweeps;

public sealed class SweepFileTests
{
    private static SweepDraft Parse(string yaml) => SweepFile.Parse(yaml, "digits.yaml", "ann");

    private static SweepDraft ParseGrid(string grid) => Parse(SweepText.WithGrid(grid));

    [Fact]
    public void Parse_NoGrid_IsOneRunOfTheSweepsName()
    {
        string yaml = "name: one\nrun: { data: optdigits, network: { kind: ddpm_unet, attention: [4] } }";

        SweepDraft sweep = Parse(yaml);

        Assert.Equal(("one", "default", "ann", yaml), (sweep.Name, sweep.Pool, sweep.SubmittedBy, sweep.Source));
        RunDraft run = Assert.Single(sweep.Runs);
        Assert.Equal(("one", "{}"), (run.Name, run.AxesJson));
    }

    [Fact]
    public void Parse_TwoAxes_RunsTheirProductLastAxisFastest()
    {
        SweepDraft sweep = ParseGrid("  process.schedule: [linear, cosine]\n  process.prediction: [epsilon, v]");

        Assert.Equal(
            ["schedule=linear prediction=epsilon", "schedule=linear prediction=v", "schedule=cosine prediction=epsilon", "schedule=cosine prediction=v"],
            sweep.Runs.Select(r => r.Name));
        Assert.IsType<CosineSchedule>(sweep.Runs[3].Spec.Process.Schedule);
        Assert.IsType<VPrediction>(sweep.Runs[3].Spec.Process.Prediction);
        Assert.Equal("""{"process.schedule":{"kind":"cosine"},"process.prediction":{"kind":"v"}}""", sweep.Runs[3].AxesJson);
    }

    [Fact]
    public void Parse_AxisIntoBareKind_SetsItsParameter()
    {
        SweepDraft sweep = ParseGrid("  training.optimizer.learning_rate: [1e-3, 2E-3]");

        Assert.Equal(["learning_rate=0.001", "learning_rate=0.002"], sweep.Runs.Select(r => r.Name));
        Assert.Equal("""{"training.optimizer.learning_rate":0.001}""", sweep.Runs[0].AxesJson);
        Assert.Equal(0.002, sweep.Runs[1].Spec.Training.Optimizer.LearningRate);
    }

    [Fact]
    public void Parse_SeedAxis_Repeats()
    {
        SweepDraft sweep = ParseGrid("  seed: [0, 1, 2]");

        Assert.Equal([0, 1, 2], sweep.Runs.Select(r => r.Spec.Seed));
    }

    [Fact]
    public void Parse_AxisOfOneValue_IsNotInTheNames()
    {
        SweepDraft sweep = ParseGrid("  process.schedule: [cosine]\n  seed: [4, 5]");

        Assert.Equal(["seed=4", "seed=5"], sweep.Runs.Select(r => r.Name));
        Assert.Equal("""{"process.schedule":{"kind":"cosine"},"seed":4}""", sweep.Runs[0].AxesJson);
    }

    [Fact]
    public void Parse_ComponentsWithParameters_AreNamedByWhatDiffers()
    {
        SweepDraft sweep = ParseGrid("""
              process.schedule:
                - cosine
                - { kind: linear, beta_start: 1e-4, beta_end: 0.01 }
                - { kind: linear, beta_start: 1e-4, beta_end: 0.02 }
            """);

        Assert.Equal(["schedule=cosine", "schedule=linear(beta_end=0.01)", "schedule=linear(beta_end=0.02)"], sweep.Runs.Select(r => r.Name));
    }

    [Fact]
    public void Parse_AxesWithTheSameLastName_AreNamedByLongerEnds()
    {
        SweepDraft sweep = ParseGrid("  training.batch_size: [1, 2]\n  sampling.batch_size: [3, 4]");

        Assert.Equal("training.batch_size=1 sampling.batch_size=3", sweep.Runs[0].Name);
        Assert.Equal(4, sweep.Runs.Select(r => r.Name).Distinct().Count());
    }

    [Fact]
    public void Parse_ListValues_AreShownAsLists()
    {
        SweepDraft sweep = ParseGrid("  network.multipliers: [[1, 2], [2, 2]]\n  training.ema: [warmup, [constant, warmup]]");

        Assert.Equal("multipliers=[1,2] ema=warmup", sweep.Runs[0].Name);
        Assert.Equal("""{"network.multipliers":[2,2],"training.ema":[{"kind":"constant"},{"kind":"warmup"}]}""", sweep.Runs[3].AxesJson);
        Assert.Equal(2, sweep.Runs[3].Spec.Training.Ema.Count);
    }

    [Fact]
    public void Parse_Alias_StandsForItsAnchor()
    {
        SweepDraft sweep = Parse("name: a\nrun:\n  data: optdigits\n  network: { kind: ddpm_unet, attention: [4] }\n  training:\n    steps: &n 7\n    warmup_steps: *n");

        Assert.Equal((7, 7), (sweep.Runs[0].Spec.Training.Steps, sweep.Runs[0].Spec.Training.WarmupSteps));
    }

    [Fact]
    public void SpecHash_KeysAndAxesReordered_IsTheSame()
    {
        SweepDraft first = Parse("""
            name: a
            pool: gpu
            run:
              data: optdigits
              network: { kind: ddpm_unet, attention: [4] }
            grid:
              seed: [0, 1]
              process.prediction: [epsilon, v]
            """);
        SweepDraft second = Parse("""
            grid:
              process.prediction: [v, epsilon]
              seed: [1, 0]
            description: the same in another order
            run:
              network: { attention: 4, kind: ddpm_unet }
              data: { kind: optdigits }
            pool: gpu
            name: a
            """);

        Assert.Equal(first.SpecHash, second.SpecHash);
        Assert.Matches("^[0-9a-f]{64}$", first.SpecHash);
    }

    [Theory]
    [InlineData("name: test", "name: test2")]
    [InlineData("name: test", "name: test\npool: other")]
    [InlineData("seed: [0, 1]", "seed: [0, 2]")]
    [InlineData("steps: 10", "steps: 11")]
    public void SpecHash_AnythingThatCountsChanged_Differs(string from, string to)
    {
        string yaml = SweepText.WithGrid("  seed: [0, 1]");

        Assert.NotEqual(Parse(yaml).SpecHash, Parse(yaml.Replace(from, to, StringComparison.Ordinal)).SpecHash);
    }

    [Fact]
    public void Parse_EveryRun_ReadsBackFromItsJson() =>
        Assert.All(ParseGrid("  process.schedule: [linear, cosine]\n  seed: [0, 1]").Runs, r =>
        {
            JsonNode tree = SpecJson.Write(r.Spec);
            Assert.Equal(SpecJson.Hash(r.Spec), SpecJson.Hash(SpecJson.Read<RunSpec>(tree)));
        });

    [Fact]
    public void Parse_LargestGrid_IsExpanded()
    {
        string values = string.Join(", ", Enumerable.Range(0, Grid.LargestCount));

        SweepDraft sweep = ParseGrid($"  seed: [{values}]");

        Assert.Equal(Grid.LargestCount, sweep.Runs.Select(r => r.Name).Distinct().Count());
    }
}
