using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class SpecJsonReadTests
{
    private static Drawing Read(string json) => SpecJson.ReadText<Drawing>(json);

    [Fact]
    public void Read_EveryMemberGiven_SetsEach()
    {
        Drawing drawing = Read("""
            {"others": ["point", {"radius": 3, "kind": "circle"}], "main": {"outer": 5, "kind": "ring", "inner": 4}, "batch_size": 7, "seed": 9007199254740993,
             "rate": 1e-3, "limit": 2, "flip": true, "title": "t", "note": "n", "sizes": [3], "border": "thin_line", "frame": {"width": 8}}
            """);

        Assert.Equal(new Ring { Inner = 4, Outer = 5 }, drawing.Main);
        Assert.Equal([new Point(), new Circle { Radius = 3 }], drawing.Others);
        Assert.Equal((7, 9007199254740993L, 0.001, 2.0, true, "t", "n"), (drawing.BatchSize, drawing.Seed, drawing.Rate, drawing.Limit, drawing.Flip, drawing.Title, drawing.Note));
        Assert.Equal([3], drawing.Sizes);
        Assert.Equal(Border.ThinLine, drawing.Border);
        Assert.Equal(8, drawing.Frame.Width);
    }

    [Fact]
    public void Read_OnlyRequiredGiven_KeepsDefaults()
    {
        Drawing drawing = Read("""{"main": "circle"}""");

        Assert.Equal(new Circle(), drawing.Main);
        Assert.Equal(128, drawing.BatchSize);
        Assert.Equal([new Point()], drawing.Others);
        Assert.Null(drawing.Limit);
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("1e3")]
    [InlineData("1000.0")]
    public void Read_WholeNumberHoweverWritten_IsExact(string number) =>
        Assert.Equal(1000, Read($$"""{"main": "point", "batch_size": {{number}}}""").BatchSize);

    [Fact]
    public void Read_OneValueForList_IsListOfOne()
    {
        Drawing drawing = Read("""{"main": "point", "others": {"kind": "circle"}, "sizes": 4}""");

        Assert.Equal([new Circle()], drawing.Others);
        Assert.Equal([4], drawing.Sizes);
    }

    [Fact]
    public void Read_NullForNullable_IsNull()
    {
        Drawing drawing = Read("""{"main": "point", "limit": null, "note": null}""");

        Assert.Null(drawing.Limit);
        Assert.Null(drawing.Note);
    }

    [Theory]
    [InlineData("""{}""", "main", "is missing; the shapes are circle, point, ring")]
    [InlineData("""{"main": "circel"}""", "main", "there is no shape \"circel\"; did you mean \"circle\"? The shapes are circle, point, ring.")]
    [InlineData("""{"main": "square"}""", "main", "there is no shape \"square\"; the shapes are circle, point, ring")]
    [InlineData("""{"main": {"kind": "circel"}}""", "main.kind", "there is no shape \"circel\"; did you mean \"circle\"? The shapes are circle, point, ring.")]
    [InlineData("""{"main": {"radius": 1}}""", "main", "the kind is missing; the shapes are circle, point, ring")]
    [InlineData("""{"main": {"kind": 3}}""", "main.kind", "must be text; got 3")]
    [InlineData("""{"main": 3}""", "main", "must be the kind of a shape or a mapping with its kind; got 3")]
    [InlineData("""{"main": null}""", "main", "must be a shape; got null")]
    [InlineData("""{"main": {"kind": "circle", "raduis": 1}}""", "main.raduis", "circle has no member \"raduis\"; did you mean \"radius\"? The members are radius.")]
    [InlineData("""{"main": {"kind": "point", "x": 1}}""", "main.x", "point has no member \"x\"; it has no members")]
    [InlineData("""{"main": "point", "batchsize": 1}""", "batchsize", "there is no member \"batchsize\"; did you mean \"batch_size\"? The members are main, batch_size, seed, rate, limit, flip, title, note, others, sizes, border, frame.")]
    [InlineData("""{"main": "point", "kind": "x"}""", "kind", "there is no member \"kind\"; the members are main, batch_size, seed, rate, limit, flip, title, note, others, sizes, border, frame")]
    [InlineData("""{"main": "point", "batch_size": 0}""", "batch_size", "must be between 1 and 65536; got 0")]
    [InlineData("""{"main": "point", "batch_size": 1.5}""", "batch_size", "must be a whole number; got 1.5")]
    [InlineData("""{"main": "point", "batch_size": 1e-40}""", "batch_size", "must be a whole number; got 1e-40")]
    [InlineData("""{"main": "point", "batch_size": 1e30}""", "batch_size", "must be between -2147483648 and 2147483647; got 1e30")]
    [InlineData("""{"main": "point", "batch_size": 2147483648}""", "batch_size", "must be between -2147483648 and 2147483647; got 2147483648")]
    [InlineData("""{"main": "point", "batch_size": "8"}""", "batch_size", "must be a whole number; got \"8\"")]
    [InlineData("""{"main": "point", "batch_size": null}""", "batch_size", "must be a whole number; got null (leave it out for the default)")]
    [InlineData("""{"main": "point", "seed": 9223372036854775808}""", "seed", "must be between -9223372036854775808 and 9223372036854775807; got 9223372036854775808")]
    [InlineData("""{"main": "point", "rate": 1.1}""", "rate", "must be between 0 and 1; got 1.1")]
    [InlineData("""{"main": "point", "rate": true}""", "rate", "must be a number; got true")]
    [InlineData("""{"main": "point", "limit": 1e999}""", "limit", "must be a finite number of magnitude at most 1.8e308; got ")]
    [InlineData("""{"main": "point", "flip": "yes"}""", "flip", "must be true or false; got \"yes\"")]
    [InlineData("""{"main": "point", "title": 1}""", "title", "must be text; got 1")]
    [InlineData("""{"main": "point", "title": null}""", "title", "must be text; got null (leave it out for the default)")]
    [InlineData("""{"main": "point", "others": []}""", "others", "must not be empty")]
    [InlineData("""{"main": "point", "others": ["point", "dot"]}""", "others[1]", "there is no shape \"dot\"; the shapes are circle, point, ring")]
    [InlineData("""{"main": "point", "others": [{"kind": "circle", "radius": 0}]}""", "others[0].radius", "must be greater than 0 and at most 10; got 0")]
    [InlineData("""{"main": "point", "sizes": [1, 10]}""", "sizes[1]", "must be between 1 and 9; got 10")]
    [InlineData("""{"main": "point", "frame": "wide"}""", "frame", "must be a mapping; got \"wide\"")]
    [InlineData("""{"main": {"kind": "ring", "inner": 3}}""", "main.outer", "must exceed inner; got inner 3, outer 2")]
    [InlineData("""{"main": "point", "border": "ThinLine"}""", "border", "must be one of none, thin_line; got \"ThinLine\"")]
    [InlineData("""{"main": "point", "border": 1}""", "border", "must be one of none, thin_line; got 1")]
    [InlineData("""[1]""", "", "must be a mapping; got [1]")]
    public void Read_BadInput_NamesPathValueAndWayOut(string json, string path, string reason)
    {
        SpecException error = Assert.Throws<SpecException>(() => Read(json));

        Assert.Equal(path, error.Path);
        Assert.StartsWith(reason, error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Read_NotFiniteInTree_IsRefused(double number)
    {
        SpecException error = Assert.Throws<SpecException>(() => SpecJson.Read<Drawing>(new JsonObject { ["main"] = "point", ["rate"] = number }));

        Assert.Equal("rate", error.Path);
    }

    [Theory]
    [InlineData("""{"main": "point", "main": "point"}""")]
    [InlineData("""{"main": {"kind": "circle", "radius": 1, "radius": 2}}""")]
    public void Read_MemberTwice_IsRefused(string json)
    {
        Assert.Throws<SpecException>(() => Read(json));
        Assert.Throws<SpecException>(() => SpecJson.Read<Drawing>(JsonNode.Parse(json)));
    }

    [Fact]
    public void Read_TextIsNoJson_IsRefused() => Assert.Throws<SpecException>(() => Read("{"));

    [Fact]
    public void Read_WithStartPath_PutsItFirst()
    {
        SpecException error = Assert.Throws<SpecException>(() => SpecJson.Read<Drawing>(new JsonObject { ["main"] = "dot" }, "run"));

        Assert.Equal("run.main", error.Path);
        Assert.StartsWith("run.main: there is no shape", error.Message, StringComparison.Ordinal);
    }
}
