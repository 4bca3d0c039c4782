using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class ValidationSpecTests
{
    [Theory]
    [InlineData("""{ "early_stop": { "metric": "nll" } }""", "training.early_stop", "watches nll, but nothing is measured while training; set training.validation, or leave it out")]
    [InlineData("""{ "validation": { "every": 10 }, "early_stop": { "metric": "fid" } }""", "training.early_stop.metric", "must be one of nll, which training.validation measures; got \"fid\"")]
    [InlineData("""{ "validation": { "every": 10 }, "early_stop": { "metric": "nll", "patience": 0 } }""", "training.early_stop.patience", "must be between 1 and 1000000; got 0")]
    [InlineData("""{ "validation": { "every": 10 }, "early_stop": { "metric": "nll", "min_improvement": -1 } }""", "training.early_stop.min_improvement", "must be at least 0; got -1")]
    [InlineData("""{ "validation": { "every": 10 }, "early_stop": {} }""", "training.early_stop.metric", "is missing; it must be text")]
    [InlineData("""{ "validation": {} }""", "training.validation.every", "is missing; it must be a whole number")]
    [InlineData("""{ "validation": { "every": 0 } }""", "training.validation.every", "must be between 1 and 1000000000; got 0")]
    [InlineData("""{ "validation": { "every": 10, "metrics": [] } }""", "training.validation.metrics", "must not be empty")]
    [InlineData("""{ "validation": { "every": 10, "metrics": ["nll", "nll"] } }""", "training.validation.metrics[1]", "measures nll, as training.validation.metrics[0] does, because a run keeps one curve of a name; leave one of them out")]
    [InlineData("""{ "validation": { "every": 10, "metrics": { "kind": "nll", "timesteps_per_image": 1000 } } }""", "training.validation.metrics[0].timesteps_per_image", "must be below the 1000 timesteps of the process; got 1000; leave it out to measure every t")]
    [InlineData("""{ "validation": { "every": 10, "weights": "ema.1" } }""", "training.validation.weights", "must be one of raw, ema.0, which this run's training keeps; got \"ema.1\"")]
    [InlineData("""{ "checkpoints": { "keep_every": -1 } }""", "training.checkpoints.keep_every", "must be between 0 and 1000000000; got -1")]
    public void Check_ContradictionOrBadValue_NamesPlaceAndValue(string training, string path, string reason)
    {
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(Read(training)));
        Assert.Equal((path, reason), (error.Path, error.Reason));
    }

    [Theory]
    [InlineData("""{ "warmup_steps": 0, "ema": ["warmup"], "steps": 100, "checkpoints": { "keep_every": 101 } }""", "training.checkpoints.keep_every", "is 101, more than the 100 steps")]
    [InlineData("""{ "warmup_steps": 0, "ema": ["warmup"], "steps": 100, "validation": { "every": 101 } }""", "training.validation.every", "is 101, more than the 100 steps")]
    [InlineData("""{ "warmup_steps": 0, "ema": ["warmup"], "steps": 100, "validation": { "every": 10 }, "early_stop": { "metric": "nll", "patience": 9 } }""", "training.early_stop.patience", "is 9 validations of 10 steps, which 100 steps leave no room for")]
    public void Warnings_PossibleButSeldomMeant_AreGiven(string training, string path, string beginning)
    {
        RunWarning warning = Assert.Single(RunWarnings.Of(Read(training)));
        Assert.Equal(path, warning.Path);
        Assert.StartsWith(beginning, warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "warmup_steps": 0, "ema": ["warmup"], "steps": 100, "checkpoints": { "keep_every": 100 }, "validation": { "every": 100 } }""")]
    [InlineData("""{ "warmup_steps": 0, "ema": ["warmup"], "steps": 101, "validation": { "every": 10 }, "early_stop": { "metric": "nll", "patience": 9 } }""")]
    public void Warnings_WhatFits_AreNotGiven(string training)
    {
        RunSpec run = Read(training);
        RunChecks.Check(run);
        Assert.Empty(RunWarnings.Of(run));
    }

    [Theory]
    [InlineData("evaluation")]
    [InlineData("sampling")]
    public void Check_BestWithoutValidation_IsRefused(string part)
    {
        RunSpec run = Read("{}");
        run = part == "evaluation"
            ? run with { Evaluation = run.Evaluation with { Checkpoint = CheckpointChoice.Best } }
            : run with { Sampling = run.Sampling with { Checkpoint = CheckpointChoice.Best } };
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        Assert.Equal(($"{part}.checkpoint", "is best, but nothing is measured while training, so there is none; set training.validation, or leave it out"), (error.Path, error.Reason));
        RunChecks.Check(run with { Training = run.Training with { Validation = new ValidationSpec { Every = 10 } } });
    }

    [Fact]
    public void Write_Defaults_SayThatNothingIsKeptOrMeasured()
    {
        JsonNode training = SpecJson.Write(Read("{}"))["training"]!;
        Assert.Equal("""{"keep_every":0}""", training["checkpoints"]!.ToJsonString());
        Assert.True(training.AsObject().ContainsKey("validation") && training["validation"] is null && training["early_stop"] is null);
    }

    private static RunSpec Read(string training) => SpecJson.ReadText<RunSpec>($$"""{ "data": "optdigits", "network": { "kind": "ddpm_unet", "attention": [] }, "training": {{training}} }""");
}
