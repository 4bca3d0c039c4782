using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Scheduler.Tests.Sweeps;

public sealed class SweepFileErrorTests
{
    private static SweepFileException Refused(string yaml) => Assert.Throws<SweepFileException>(() => SweepFile.Parse(yaml, "digits.yaml", "ann"));

    private static void AssertStarts(string expected, SweepFileException error)
    {
        Assert.StartsWith($"digits.yaml:{error.Line}:{error.Column}: ", error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"digits.yaml:{expected}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("", "1:1: the file is empty")]
    [InlineData("# nothing\n", "1:1: the file is empty")]
    [InlineData("digits", "1:1: a sweep is a mapping with the members name, description, pool, run, grid")]
    [InlineData("[1]", "1:1: a sweep is a mapping")]
    [InlineData("name: a\nrun: {", "2:7: this is not YAML: ")]
    [InlineData("name: a: b", "1:8: this is not YAML: ")]
    [InlineData("name: a\nrun:\n  data: optdigits\n\tseed: 1", "4:1: a tab stands here")]
    [InlineData("name: a\nrun:\n\tdata: optdigits", "3:1: a tab stands here; YAML is indented with spaces")]
    [InlineData("name: a\n---\nname: b", "2:1: a second YAML document begins here")]
    [InlineData("name: a\nname: b", "2:1: \"name\" is given twice, first at line 1, column 1")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  data: x", "4:3: \"data\" is given twice, first at line 3, column 3")]
    [InlineData("name: a\nrun: *base", "2:6: the alias *base has no anchor before it")]
    [InlineData("name: a\nrun: &r { training: *r }", "2:21: the alias *r has no anchor before it")]
    [InlineData("name: a\nrun:\n  <<: { data: optdigits }", "3:3: merge keys (<<) are not supported")]
    [InlineData("name: !!str a", "1:7: the tag ")]
    [InlineData("? [a, b]\n: 1", "1:3: the name of a member must be a text")]
    [InlineData("name: a\nrun: { seed: .nan }", "2:14: .nan is not a finite number")]
    [InlineData("name: a\nrun: { seed: -.inf }", "2:14: -.inf is not a finite number")]
    [InlineData("name: a\nrun: { seed: 1e999 }", "2:14: 1e999 is not a finite number")]
    public void Parse_BadYaml_IsRefusedAtItsPlace(string yaml, string expected) => AssertStarts(expected, Refused(yaml));

    [Theory]
    [InlineData("run: { data: optdigits }", "1:1: name: is missing")]
    [InlineData("name: a", "1:1: run: is missing")]
    [InlineData("name: Big Name\nrun: {}", "1:7: name: must be 1 to 64 of the characters a-z 0-9 . _ - (quoted where it looks like a number); got \"Big Name\"")]
    [InlineData("name: 12\nrun: {}", "1:7: name: must be 1 to 64 of the characters")]
    [InlineData("name:\nrun: {}", "1:6: name: must be 1 to 64 of the characters a-z 0-9 . _ - (quoted where it looks like a number); got null")]
    [InlineData("name: a\npool: A/B\nrun: {}", "2:7: pool: must be 1 to 64 of the characters")]
    [InlineData("name: a\ndescription: 3\nrun: {}", "2:14: description: must be text; got 3")]
    [InlineData("name: a\nrun: {}\nsearch: random", "3:1: search: a sweep has no member \"search\"; the members of a sweep are name, description, pool, run, grid")]
    [InlineData("name: a\nrun: {}\ngird: {}", "3:1: gird: a sweep has no member \"gird\"; did you mean \"grid\"? The members of a sweep are")]
    [InlineData("name: a\nrun: optdigits", "2:6: run: must be a mapping")]
    [InlineData("name: a\nrun: {}", "2:1: run.data: is missing; ")]
    [InlineData("name: a\nrun:\n  data: optdigit", "3:9: run.data: there is no dataset \"optdigit\"; did you mean \"optdigits\"?")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  proces: {}", "4:3: run.proces: there is no member \"proces\"; did you mean \"process\"? The members are seed, data,")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  process:\n    timesteps: many", "5:16: run.process.timesteps: must be a whole number; got \"many\"")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  process:\n    timesteps: 1_000", "5:16: run.process.timesteps: must be a whole number; got \"1_000\"")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  training: { batch_size: 0 }", "4:27: run.training.batch_size: must be between 1 and 65536; got 0")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  training: { horizontal_flip: yes }", "4:32: run.training.horizontal_flip: must be true or false; got \"yes\"")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  evaluation:\n    metrics:\n      - nll\n      - fido", "7:9: run.evaluation.metrics[1]: there is no metric \"fido\"")]
    [InlineData("name: a\nrun:\n  data: optdigits\n  training: { optimizer: { learning_rate: 1 } }", "4:26: run.training.optimizer: the kind is missing; ")]
    public void Parse_BadMember_IsRefusedAtItsPlace(string yaml, string expected) => AssertStarts(expected, Refused(yaml));

    [Theory]
    [InlineData("", "7:1: grid: has no axis|7:6: grid: must be a mapping")]
    [InlineData("  seed: []", "8:9: grid.seed: the list is empty")]
    [InlineData("  seed: 3", "8:9: grid.seed: must be a list of values, as in [linear, cosine]; got 3")]
    [InlineData("  seed:", "8:8: grid.seed: must be a list of values, as in [linear, cosine]; got null")]
    [InlineData("  process:\n    schedule: [linear]", "9:5: grid.process: must be a list of values, as in [linear, cosine]; got {\"schedule\":[\"linear\"]}")]
    [InlineData("  seed: [0]\n  seed: [1]", "9:3: \"seed\" is given twice, first at line 8, column 3")]
    [InlineData("  process: [{}]\n  process.schedule: [linear]", "9:3: grid.process.schedule: overlaps the axis process at line 8, column 3; an axis cannot lie inside another")]
    [InlineData("  process.schedule: [linear]\n  process: [{}]", "9:3: grid.process: overlaps the axis process.schedule at line 8, column 3")]
    [InlineData("  training.ema[0].decay: [0.9]", "8:3: grid.training.ema[0].decay: an axis cannot name an element of a list; vary the list as a whole, as in training.ema:")]
    [InlineData("  training.ema.decay: [0.9]", "8:3: grid.training.ema.decay: \"ema\" is a list in run, and an axis cannot go into a list")]
    [InlineData("  training.steps.more: [1]", "8:3: grid.training.steps.more: \"steps\" is a single value in run, so nothing in it can be varied")]
    [InlineData("  process..schedule: [linear]", "8:3: grid.process..schedule: is not a path")]
    [InlineData("  process.shedule: [linear]", "8:3: grid.process.shedule: there is no member \"shedule\"; did you mean \"schedule\"? The members are timesteps,")]
    [InlineData("  proces.schedule: [linear]", "8:3: grid.proces.schedule: there is no member \"proces\"; did you mean \"process\"?")]
    [InlineData("  training.optimizer.lr: [1]", "8:3: grid.training.optimizer.lr: adam has no member \"lr\"")]
    [InlineData("  process.schedule.beta_end: [0.02]", "8:3: grid.process.schedule.beta_end: the kind is missing; the schedules are ")]
    [InlineData("  process.schedule: [linear, cosin]", "8:30: grid.process.schedule[1]: there is no schedule \"cosin\"; did you mean \"cosine\"? The schedules are ")]
    [InlineData("  process.schedule:\n    - linear\n    - kind: cosin", "10:13: grid.process.schedule[1].kind: there is no schedule \"cosin\"; did you mean \"cosine\"? The schedules are ")]
    [InlineData("  process.schedule:\n    - linear\n    - kind: cosine\n      of: 1", "11:7: grid.process.schedule[1].of: cosine has no member \"of\"")]
    [InlineData("  training.batch_size: [8, 0]", "8:28: grid.training.batch_size[1]: must be between 1 and 65536; got 0")]
    [InlineData("  seed: [0, 1, 0]", "8:16: grid.seed[2]: run 3 (seed=0) is the same as run 1, whose value stands at line 8, column 10; remove one")]
    [InlineData("  process.schedule: [cosine, { kind: cosine }]\n  seed: [0, 1]", "8:30: grid.process.schedule[1]: run 3 (schedule=cosine seed=0) is the same as run 1")]
    public void Parse_BadGrid_IsRefusedAtItsPlace(string grid, string expected)
    {
        SweepFileException error = Refused(SweepText.WithGrid(grid));

        string[] either = expected.Split('|');
        AssertStarts(either.FirstOrDefault(e => error.Message.StartsWith($"digits.yaml:{e}", StringComparison.Ordinal)) ?? either[0], error);
    }

    [Fact]
    public void Parse_EmptyGridMapping_IsRefused() =>
        AssertStarts("3:1: grid: has no axis", Refused("name: a\nrun: { data: optdigits }\ngrid: {}"));

    [Fact]
    public void Parse_TooManyRuns_IsRefusedBeforeExpanding()
    {
        string hundred = string.Join(", ", Enumerable.Range(1, 101));

        AssertStarts(
            "7:1: grid: the axes multiply to 104060401 runs; a sweep has at most 10000",
            Refused(SweepText.WithGrid($"  seed: [{hundred}]\n  training.steps: [{hundred}]\n  training.batch_size: [{hundred}]\n  sampling.count: [{hundred}]")));
    }

    [Fact]
    public void Parse_AliasesThatMultiply_AreRefused()
    {
        string yaml = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"b{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Contains("more than 200000 values", Refused(yaml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused() =>
        Assert.Contains("more than 64 levels", Refused($"name: {new string('[', 100_000)}").Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_CombinationImpossible_NamesTheRunAndTheAxisValue()
    {
        SweepFileException error = Refused(SweepText.WithGrid("  process.timesteps: [1000, 20]\n  sampling.sampler: [{ kind: ddim, steps: 50 }, ancestral]"));

        AssertStarts("9:43: grid.sampling.sampler[0].steps: run 3 (timesteps=20 sampler=ddim): ", error);
    }

    [Fact]
    public void Parse_CombinationWithTheBase_NamesTheRun()
    {
        SweepFileException error = Refused(SweepText.WithGrid("  network.multipliers: [[1, 2], [1, 2, 2, 2, 2]]"));

        Assert.Contains("run 2 (multipliers=[1,2,2,2,2]): ", error.Message, StringComparison.Ordinal);
    }
}
