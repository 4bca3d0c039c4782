using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

public sealed class WeightsFolderTests : IDisposable
{
    private readonly WeightsFolder _folder = new(Directory.CreateTempSubdirectory("ddpm-weights-").FullName);

    public void Dispose() => Directory.Delete(_folder.Path, recursive: true);

    [Fact]
    public void All_PublishedWeights_HaveTheirHashInTheirNames() =>
        Assert.All(PublishedWeights.All, weights => Assert.Contains(weights.Sha256[..8], weights.FileName, StringComparison.Ordinal));

    [Fact]
    public void Require_NotThere_SaysHowToGetIt()
    {
        string message = Assert.Throws<FileNotFoundException>(() => _folder.Require("inception")).Message;
        Assert.StartsWith(Path.Combine(_folder.Path, "pt_inception-2015-12-05-6726825d.pth"), message);
        Assert.Contains("`ddpm weights add inception`, or from https://", message);
        Assert.Contains("There are no weights of \"vgg\"; there are those of inception, cifar10_resnet20", Assert.Throws<ArgumentException>(() => _folder.Require("vgg")).Message);
    }

    [Fact]
    public void Require_ACopy_DoesAsWell()
    {
        string copy = Write("pt_inception-2015-12-05-6726825d.safetensors", "x");
        Assert.Equal(copy, _folder.Require("inception"));
        string file = Write("pt_inception-2015-12-05-6726825d.pth", "x");
        Assert.Equal(file, _folder.Require("inception"));
    }

    [Fact]
    public void Recognise_AnyOtherFile_IsRefused()
    {
        string other = Write("notes.txt", "no weights");
        Assert.StartsWith($"{other} cannot be used: its 10 bytes with SHA-256 ", Refusal(other));

        // Its name says what was meant.
        string cut = Write("resnet20-12fca82f.th", "cut");
        Assert.Equal($"{cut} cannot be used as the weights of cifar10_resnet20: it has 3 bytes instead of 1099231; it was cut short or is another file.", Refusal(cut));

        // As safetensors begin, and then nothing.
        string copy = Write("copy.safetensors", "\u0010\0\0\0\0\0\0\0{}");
        Assert.Contains("within its header", Refusal(copy));
    }

    [Fact]
    public void Verify_Cancelled_Ends()
    {
        string file = Write("resnet20-12fca82f.th", new string('x', 1_099_231));
        Assert.Throws<OperationCanceledException>(() => WeightsFolder.Verify(PublishedWeights.Find("cifar10_resnet20")!, file, new CancellationToken(canceled: true)));
    }

    private static string Refusal(string file) => Assert.Throws<InvalidDataException>(() => WeightsFolder.Recognise(file, CancellationToken.None)).Message;

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder.Path, name);
        File.WriteAllText(file, text);
        return file;
    }
}
