using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Scheduler.Tests.Sweeps;

public sealed class YamlScalarsTests
{
    [Theory]
    [InlineData("1e-4", "0.0001")]
    [InlineData("1E-4", "0.0001")]
    [InlineData("+.5", "0.5")]
    [InlineData("2.", "2")]
    [InlineData("007", "7")]
    [InlineData("-3", "-3")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("True", "true")]
    [InlineData("false", "false")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("1e", "\"1e\"")]
    [InlineData("-", "\"-\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    public void TryRead_PlainScalar_FollowsTheCoreSchema(string text, string json)
    {
        Assert.True(YamlScalars.TryRead(text, out JsonValue? value));

        Assert.Equal(json, value!.ToJsonString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("~")]
    [InlineData("null")]
    public void TryRead_Null_IsNull(string text)
    {
        Assert.True(YamlScalars.TryRead(text, out JsonValue? value));

        Assert.Null(value);
    }

    [Theory]
    [InlineData(".inf")]
    [InlineData(".NaN")]
    [InlineData("1e400")]
    [InlineData("0xFFFFFFFFFFFFFFFFF")]
    public void TryRead_NumberThatNothingHolds_IsRefused(string text) => Assert.False(YamlScalars.TryRead(text, out _));
}
