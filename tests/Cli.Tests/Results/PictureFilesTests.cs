using DdpmJobs.Cli.Results;

namespace DdpmJobs.Cli.Tests.Results;

public class PictureFilesTests
{
    [Theory]
    [InlineData("schedule=linear prediction=v", "schedule=linear-prediction=v")]
    [InlineData("../../etc/passwd", "etc-passwd")]
    [InlineData("Ünï  code\n", "n-code")]
    [InlineData("..", "unnamed")]
    [InlineData("", "unnamed")]
    [InlineData("a\0b:c*d", "a-b-c-d")]
    public void SafeName_AnyText_IsNoPath(string name, string expected) => Assert.Equal(expected, PictureFiles.SafeName(name));

    [Fact]
    public void SafeName_LongText_IsCut() => Assert.Equal(80, PictureFiles.SafeName(new string('a', 500)).Length);

    [Fact]
    public void FolderOf_SweepsOfOneNameAndMinute_Differ()
    {
        var one = Sweeps.Of().Summary;
        var two = Sweeps.Of().Summary;
        Assert.NotEqual(PictureFiles.FolderOf(one, "x"), PictureFiles.FolderOf(two, "x"));
    }
}
