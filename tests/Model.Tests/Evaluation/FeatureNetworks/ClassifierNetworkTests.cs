using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

public sealed class ClassifierNetworkTests : IDisposable
{
    private static readonly ClassifierRecipe Short = new() { Version = 99, Steps = 12, BatchSize = 32 };
    private static readonly ImageSet Digits = new Optdigits().Load(Split.Train, null);

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-classifier-").FullName;

    public ClassifierNetworkTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_Optdigits_KnowsTheDigitsOfOtherWriters()
    {
        ImageSet test = new Optdigits().Load(Split.Test, null);
        using ClassifierNetwork network = ClassifierNetwork.Open(Digits, 10, _folder, null, "cpu", null, Assert.Fail, CancellationToken.None);
        using Tensor levels = Levels(test, test.Count);
        using FeatureOutputs outputs = network.Of(levels, CancellationToken.None);
        long[] classes = outputs.Logits.argmax(1).data<long>().ToArray();
        double known = Enumerable.Range(0, test.Count).Count(i => classes[i] == test.Labels[i]) / (double)test.Count;
        TestContext.Current.TestOutputHelper?.WriteLine($"{known:P2} of the test images are known");
        Assert.True(known > 0.95, $"Only {known:P2} of the test images are known.");
        Assert.Equal((64, 10, false), (network.Dimensions, network.Classes, network.MeasuresFid));
        Assert.Equal([test.Count, 64], outputs.Features.shape);
    }

    [Fact]
    public void Open_Twice_TrainsOnceAndGivesTheSameBitsAnywhere()
    {
        string other = Path.Combine(_folder, "other");
        (string hash, float[] features) = Ask(_folder, out long steps);
        Assert.Equal(Short.Steps, steps);
        AssertSame(Ask(_folder, out steps));
        Assert.Equal(0, steps);
        AssertSame(Ask(other, out steps));
        Assert.Equal(Short.Steps, steps);
        Assert.NotEqual(hash, Ask(_folder, out _, Short with { Seed = 1, Version = 98 }).Hash);

        void AssertSame((string Hash, float[] Features) again)
        {
            Assert.Equal(hash, again.Hash);
            Assert.Equal(features, again.Features);
        }
    }

    [Fact]
    public async Task Open_TwoAtOnce_OneTrains()
    {
        long steps = 0;
        string[] hashes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            using ClassifierNetwork network = ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", (_, _) => Interlocked.Increment(ref steps), Assert.Fail, CancellationToken.None);
            return network.Hash;
        })));
        Assert.Equal(Short.Steps, steps);
        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public void Open_DamagedCache_IsSaidAndMadeAnew()
    {
        (string hash, float[] _) = Ask(_folder, out _);
        string file = Path.Combine(_folder, Short.FileName(Digits.ContentHash));
        byte[] whole = File.ReadAllBytes(file);
        byte[][] damaged = [whole[..(whole.Length / 2)], [], [.. whole[..^1], (byte)(whole[^1] ^ 1)], "{}"u8.ToArray()];
        foreach (byte[] bytes in damaged)
        {
            File.WriteAllBytes(file, bytes);
            List<string> warnings = [];
            using ClassifierNetwork network = ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", null, warnings.Add, CancellationToken.None);
            Assert.StartsWith($"{file} cannot be used: ", Assert.Single(warnings));
            Assert.EndsWith("It is trained anew.", warnings[0]);
            Assert.Equal(hash, network.Hash);
            Assert.Equal(whole, File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void Open_CacheOfAnotherRecipeOrNumberOfClasses_IsMadeAnew()
    {
        Ask(_folder, out _);
        ClassifierRecipe next = Short with { Version = 100 };
        File.Copy(Path.Combine(_folder, Short.FileName(Digits.ContentHash)), Path.Combine(_folder, next.FileName(Digits.ContentHash)));
        List<string> warnings = [];
        ClassifierNetwork.Open(next, Digits, 10, _folder, "cpu", null, warnings.Add, CancellationToken.None).Dispose();
        Assert.Contains("it is of recipe 99 and the data", Assert.Single(warnings));
        ClassifierNetwork.Open(next, Digits, 12, _folder, "cpu", null, warnings.Add, CancellationToken.None).Dispose();
        Assert.Contains("tensor last.weight has shape [10, 64] instead of [12, 64]", warnings[^1]);
    }

    [Fact]
    public void Open_Stopped_EndsAndLeavesNothing()
    {
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", (done, _) =>
        {
            if (done == 3)
                stop.Cancel();
        }, Assert.Fail, stop.Token));
        Assert.Empty(Directory.GetFiles(_folder, "*.safetensors"));
    }

    [Fact]
    public void Open_LabelsThatDoNotFit_AreRefused()
    {
        ImageSet none = new(new byte[64], 1, (1, 8, 8), 17, [], new string('0', 64));
        Assert.Contains("the images have none", Assert.Throws<SpecException>(() => Train(none, 10)).Reason);
        Assert.Contains("of 9 classes, but the images have label 9", Assert.Throws<SpecException>(() => Train(Digits, 9)).Reason);

        void Train(ImageSet images, int classes) => ClassifierNetwork.Open(images, classes, _folder, null, "cpu", null, Assert.Fail, CancellationToken.None);
    }

    [Fact]
    public void Of_MoreThanOnePass_IsWhatThePassesGive()
    {
        using ClassifierNetwork network = ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", null, Assert.Fail, CancellationToken.None);
        int count = network.LargestPass + 44;
        using Tensor levels = Levels(Digits, count);
        using FeatureOutputs whole = network.Of(levels, CancellationToken.None);
        using Tensor second = levels.narrow(0, network.LargestPass, 44);
        using FeatureOutputs part = network.Of(second, CancellationToken.None);
        Assert.Equal(part.Features.data<float>().ToArray(), whole.Features.data<float>().ToArray()[(network.LargestPass * 64)..]);
        Assert.Equal(part.ScoreLogits.data<float>().ToArray(), whole.Logits.data<float>().ToArray()[(network.LargestPass * 10)..]);
    }

    [Fact]
    public void Of_ImagesThatDoNotFit_AreRefused()
    {
        using ClassifierNetwork network = ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", null, Assert.Fail, CancellationToken.None);
        using DisposeScope scope = NewDisposeScope();
        Assert.Contains("takes images (N, 1, 8, 8) float32; got (2, 3, 8, 8) Float32", Refusal(zeros(2, 3, 8, 8)));
        Assert.Contains("got (2, 1, 8, 8) Float64", Refusal(zeros(2, 1, 8, 8, dtype: float64)));
        Assert.Contains("got (0, 1, 8, 8) Float32", Refusal(zeros(0, 1, 8, 8)));
        Assert.Contains("levels that are not finite", Refusal(full([2, 1, 8, 8], double.NaN, dtype: float32)));
        Assert.Throws<OperationCanceledException>(() => network.Of(zeros(1, 1, 8, 8), new CancellationToken(canceled: true)));

        string Refusal(Tensor images) => Assert.Throws<ArgumentException>(() => network.Of(images, CancellationToken.None)).Message;
    }

    [Fact]
    public void Of_ManyTimes_HoldsAsManyTensorsAsAfterOnce()
    {
        using ClassifierNetwork network = ClassifierNetwork.Open(Short, Digits, 10, _folder, "cpu", null, Assert.Fail, CancellationToken.None);
        using Tensor levels = Levels(Digits, 300);
        network.Of(levels, CancellationToken.None).Dispose();
        long held = Settled();
        for (int i = 0; i < 20; i++)
            network.Of(levels, CancellationToken.None).Dispose();
        Assert.Equal(held, Settled());

        static long Settled()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }
    }

    private (string Hash, float[] Features) Ask(string folder, out long trained, ClassifierRecipe? recipe = null)
    {
        long steps = 0;
        using ClassifierNetwork network = ClassifierNetwork.Open(recipe ?? Short, Digits, 10, folder, "cpu", (done, _) => steps = done, Assert.Fail, CancellationToken.None);
        using Tensor levels = Levels(Digits, 20);
        using FeatureOutputs outputs = network.Of(levels, CancellationToken.None);
        trained = steps;
        return (network.Hash, outputs.Features.data<float>().ToArray());
    }

    private static Tensor Levels(ImageSet images, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        return ((images.Batch([.. Enumerable.Range(0, count)]) + 1) * 127.5f).MoveToOuterDisposeScope();
    }
}
