using System.Text.Json.Nodes;
using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Tests.Exchange;

public class RealTorchFileTests
{
    [Fact]
    public void Open_ClassifiersInTheLegacyFormat_LoadWhole()
    {
        foreach (string file in TestData.Files("cifar10-resnet", "*.th"))
        {
            using StateDict dict = StateDict.Open(file);
            Assert.NotEmpty(dict.Tensors);
            Assert.All(dict.Tensors.Values, tensor =>
            {
                Assert.Contains("module.", tensor.Name, StringComparison.Ordinal);
                Assert.All(dict.ReadFloats(tensor), value => Assert.True(float.IsFinite(value)));
            });
        }
    }

    [Fact]
    public void Open_DenoisersInTheZipFormat_LoadWhole()
    {
        foreach (string file in TestData.Files("ddpm-checkpoints", "*.pth"))
        {
            using StateDict dict = StateDict.Open(file);
            Assert.Equal([128, 32], dict.Tensors["gt.time_embed.0.weight"].Shape);
            Assert.All(dict.Tensors.Values, tensor => Assert.Equal(tensor.Count, dict.ReadFloats(tensor).Length));
        }
    }

    [Fact]
    public void Open_FileCutInItsMiddle_IsRefusedWithNameAndTensor()
    {
        string file = Assert.Single(TestData.Files("inception-header", "*.pth.*"));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => StateDict.Open(file));
        Assert.StartsWith($"{file} cannot be used: it ends after {new FileInfo(file).Length} bytes, within the", error.Message, StringComparison.Ordinal);
        JsonObject layout = JsonNode.Parse(File.ReadAllText(TestData.Files("inception-header", "*.json")[0]))!["tensors"]!.AsObject();
        Assert.Contains(layout.Select(entry => entry.Key), name => error.Message.Contains($"tensor {name}", StringComparison.Ordinal));
    }
}
