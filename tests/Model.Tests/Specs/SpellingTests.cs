using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("cosin", "cosine")]
    [InlineData("Linear", "linear")]
    [InlineData("lienar", "linear")]
    public void Hint_NearName_NamesIt(string written, string meant) =>
        Assert.Equal($"; did you mean \"{meant}\"?", Spelling.Hint(written, ["cosine", "linear", "v"]));

    [Theory]
    [InlineData("quadratic")]
    [InlineData("")]
    [InlineData("sine_squared_schedule")]
    public void Hint_NoNearName_IsEmpty(string written) => Assert.Equal("", Spelling.Hint(written, ["cosine", "linear"]));

    [Fact]
    public void Hint_NoNames_IsEmpty() => Assert.Equal("", Spelling.Hint("x", []));
}
