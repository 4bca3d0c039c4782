using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class FeatureShardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-features-").FullName;

    private string Path1 => Path.Combine(_folder, "a.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static FeatureShard Shard(long first, long end)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(1, 100, 3) + 1;
        return new FeatureShard(Features.Statistics(features.narrow(0, first, end - first)), new FeatureOrigin("lenet", "00ff", "digits train", "abcd", "bilinear", "x / 127.5 - 1", new SampleRanges(first, end)));
    }

    [Fact]
    public void Read_WrittenFile_GivesTheSameBack()
    {
        FeatureShard shard = Shard(10, 30);
        shard.Write(Path1);
        FeatureShard back = FeatureShard.Read(Path1);
        Assert.Equal(20, back.Statistics.Count);
        Assert.Equal(shard.Statistics.Mean, back.Statistics.Mean);
        Assert.Equal(shard.Statistics.Scatter, back.Statistics.Scatter);
        Assert.Equal("lenet 00ff abcd bilinear 10..30", $"{back.Origin.Network} {back.Origin.NetworkSha256} {back.Origin.DataHash} {back.Origin.Resize} {back.Origin.Samples}");
    }

    [Fact]
    public void Merge_ShardsInAnyOrder_IsTheWhole()
    {
        FeatureShard whole = Shard(0, 100);
        FeatureShard merged = FeatureShard.Merge([Shard(70, 100), Shard(0, 20), Shard(20, 70)]);
        Assert.Equal("0..100", merged.Origin.Samples.ToString());
        Assert.True(Features.LargestDifference(whole.Statistics.Scatter, merged.Statistics.Scatter) < 1e-12);
        Assert.Equal("0..20,70..100", FeatureShard.Merge([Shard(70, 100), Shard(0, 20)]).Origin.Samples.ToString());
    }

    [Fact]
    public void Merge_WhatDoesNotBelongTogether_IsRefused()
    {
        FeatureShard one = Shard(0, 20), other = Shard(20, 30);
        Refused("samples 10..20 are in both 0..20 and 10..30", Shard(10, 30));
        Refused("network \"lenet\" and of \"other\"", other with { Origin = other.Origin with { Network = "other" } });
        Refused("network_sha256 \"00ff\" and of \"0100\"", other with { Origin = other.Origin with { NetworkSha256 = "0100" } });
        Refused("data_hash \"abcd\" and of \"\"", other with { Origin = other.Origin with { DataHash = "" } });
        Refused("resize \"bilinear\" and of \"tf1_bilinear\"", other with { Origin = other.Origin with { Resize = "tf1_bilinear" } });
        Assert.Throws<ArgumentException>(() => FeatureShard.Merge([]));

        void Refused(string expected, FeatureShard second)
            => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => FeatureShard.Merge([one, second])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OriginOfAnotherNumber_IsRefused()
    {
        FeatureShard shard = Shard(0, 20);
        shard = shard with { Origin = shard.Origin with { Samples = new SampleRanges(0, 21) } };
        Assert.Contains("0..21 are 21, but the statistics are of 20", Assert.Throws<InvalidOperationException>(() => shard.Write(Path1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SampleRanges(5, 5));
    }

    [Fact]
    public void Read_FileCutAnywhere_IsRefusedByName()
    {
        Shard(0, 20).Write(Path1);
        byte[] whole = File.ReadAllBytes(Path1);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path1, whole[..length]);
            Assert.Contains(Path1, Assert.Throws<InvalidDataException>(() => FeatureShard.Read(Path1)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("format", "ddpmjobs.checkpoint/1", "its format is ddpmjobs.checkpoint/1")]
    [InlineData("format", null, "no format; it holds no feature statistics")]
    [InlineData("count", "-2", "its count is \"-2\"")]
    [InlineData("count", "3", "its samples 0..2 are 2, but its count is 3")]
    [InlineData("samples", "0..", "its samples are \"0..\"")]
    [InlineData("samples", "0..2,1..3", "its samples are \"0..2,1..3\"")]
    [InlineData("network", null, "no network;")]
    public void Read_HeaderThatIsWrong_SaysWhatIsWrong(string key, string? text, string expected)
    {
        Dictionary<string, string> header = Header();
        if (text is null)
            header.Remove(key);
        else
            header[key] = text;
        Write(header, [2], [0, 0], [2, 2], [1, 0, 0, 1]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => FeatureShard.Read(Path1));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path1, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NumbersThatAreWrong_SaysWhatIsWrong()
    {
        Refused("shape [2] and its scatter [4]", [2], [0, 0], [4], [1, 0, 0, 1]);
        Refused("shape [1, 2]", [1, 2], [0, 0], [2, 2], [1, 0, 0, 1]);
        Refused("mean is not finite: element 1 is NaN", [2], [0, double.NaN], [2, 2], [1, 0, 0, 1]);
        Refused("not finite: row 1, column 0 is NaN", [2], [0, 0], [2, 2], [1, 0, double.NaN, 1]);
        Refused("not symmetric: row 0, column 1 is 0, and the mirrored element 0.5", [2], [0, 0], [2, 2], [1, 0, 0.5, 1]);
        Refused("the negative variance -1", [2], [0, 0], [2, 2], [-1, 0, 0, 1]);

        void Refused(string expected, long[] meanShape, double[] mean, long[] scatterShape, double[] scatter)
        {
            Write(Header(), meanShape, mean, scatterShape, scatter);
            string message = Assert.Throws<InvalidDataException>(() => FeatureShard.Read(Path1)).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.StartsWith(Path1, message, StringComparison.Ordinal);
            Assert.DoesNotContain("Parameter", message, StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, string> Header() => new()
    {
        ["format"] = "ddpmjobs.feature_statistics/1", ["count"] = "2", ["network"] = "n", ["network_sha256"] = "0", ["images"] = "i", ["data_hash"] = "0", ["resize"] = "", ["scaling"] = "s", ["samples"] = "0..2",
    };

    private void Write(Dictionary<string, string> header, long[] meanShape, double[] mean, long[] scatterShape, double[] scatter) => Safetensors.Write(Path1, header,
    [
        new SafetensorContent("mean", SafetensorType.F64, meanShape, stream => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(mean.AsSpan()))),
        new SafetensorContent("scatter", SafetensorType.F64, scatterShape, stream => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(scatter.AsSpan()))),
    ]);
}
