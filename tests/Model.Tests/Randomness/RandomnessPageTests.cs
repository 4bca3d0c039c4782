using System.Globalization;
using System.Runtime.CompilerServices;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Randomness;

/// <summary>The vectors of docs/randomness.md, which were computed by another program from the page's words, are what this one draws.</summary>
public sealed class RandomnessPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Root(), "docs", "randomness.md"));

    public static TheoryData<string> Sections => [.. Page.Where(line => line.StartsWith("<!-- vectors: ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];

    [Theory]
    [MemberData(nameof(Sections))]
    public void Vectors_OfEverySection_AreWhatIsDrawn(string section)
    {
        string[][] rows = Rows(section);
        Assert.True(rows.Length >= 3);
        Assert.All(rows, row => Assert.Equal(row[^1], Drawn(section, row)));
    }

    [Fact]
    public void Purposes_OnThePage_AreAllWithTheirNumbers()
        => Assert.Equal(Enum.GetValues<RandomPurpose>().Select(purpose => $"{(uint)purpose} {purpose}"), Rows("purposes").Select(row => $"{row[0]} {row[1]}"));

    private static string Drawn(string section, string[] row) => section switch
    {
        "philox" => Philox4(row),
        "words" => Filled<uint>(row, 6, (stream, words) => stream.FillUInt32(words), word => word.ToString("x8", CultureInfo.InvariantCulture)),
        "uniforms" => Filled<double>(row, 3, (stream, numbers) => stream.FillUniform(numbers), number => number.ToString("R", CultureInfo.InvariantCulture)),
        "normals" => Normals(row),
        "permutations" => Joined(new RandomStream(Number(row[0]), RandomPurpose.DataOrder, Number(row[1])).Permutation(10)),
        "timesteps" => Joined(new UniformTimesteps().Draw(1000, 8, Number(row[0]), Number(row[1]), null).T),
        "flips" => Flips(row),
        "labels" => Labels(row),
        "dropout" => Dropout(row),
        "purposes" => row[^1],
        _ => throw new ArgumentException($"Nobody checks the section {section}."),
    };

    private static string Philox4(string[] row)
    {
        uint[] c = [.. row[0].Split(' ').Select(word => uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        uint[] k = [.. row[1].Split(' ').Select(word => uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        (uint w0, uint w1, uint w2, uint w3) = Philox.Block(c[0], c[1], c[2], c[3], k[0], k[1]);
        return $"{w0:x8} {w1:x8} {w2:x8} {w3:x8}";
    }

    private static string Filled<T>(string[] row, int count, Action<RandomStream, T[]> fill, Func<T, string> text)
    {
        T[] values = new T[count];
        fill(Stream(row), values);
        return string.Join(' ', values.Select(text));
    }

    // Another platform's logarithm may move the last bit of a float.
    private static string Normals(string[] row)
    {
        float[] expected = [.. row[^1].Split(' ').Select(text => float.Parse(text, CultureInfo.InvariantCulture))];
        float[] normals = new float[expected.Length];
        Stream(row).FillNormal(normals);
        Assert.All(expected.Zip(normals), pair => Assert.InRange(pair.Second, MathF.BitDecrement(pair.First), MathF.BitIncrement(pair.First)));
        return row[^1];
    }

    // Through the batches of a training: an image of one row whose mirror image differs.
    private static string Flips(string[] row)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = Source(row).Draw(Number(row[1])).X0;
        return Joined(Enumerable.Range(0, 16).Select(image => x0[image, 0, 0, 0].item<float>() > 0 ? 1 : 0));
    }

    private static string Labels(string[] row)
    {
        using DisposeScope scope = NewDisposeScope();
        return Joined(Source(row).Draw(Number(row[1])).Labels!.data<long>().ToArray().Select(label => label == ConditionalModule.NoLabel ? 1 : 0));
    }

    private static string Dropout(string[] row)
    {
        double rate = double.Parse(row[3], CultureInfo.InvariantCulture);
        using Tensor mask = new DropoutContext(Number(row[0])) { Step = Number(row[1]) }.Mask([2, 3, 2, 2], rate, (int)Number(row[2]), CPU);
        using Tensor inOrder = mask.permute(0, 2, 3, 1).contiguous();
        return Joined(inOrder.data<float>().ToArray().Select(kept => kept > 0 ? 1 : 0));
    }

    private static BatchSource Source(string[] row) => new(
        new RunSpec
        {
            Seed = Number(row[0]), Data = new Optdigits(), Network = new DdpmUnet { Classes = 1 },
            Training = new TrainingSpec { BatchSize = 16, HorizontalFlip = true, LabelDropout = 0.2 },
        },
        new ImageSet([0, 1], 1, (1, 1, 2), 2, [0], "hash"), CPU);

    private static RandomStream Stream(string[] row) => new(Number(row[0]), (RandomPurpose)Number(row[1]), Number(row[2]), Number(row[3]));

    private static string Joined<T>(IEnumerable<T> values) => string.Join(' ', values);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string[][] Rows(string section) => [.. Page.SkipWhile(line => line != $"<!-- vectors: {section} -->").Skip(3).TakeWhile(line => line.StartsWith('|'))
        .Select(line => (string[])[.. line.Trim('|').Split('|').Select(cell => cell.Trim(' ', '`'))])];

    private static string Root([CallerFilePath] string here = "")
    {
        string folder = here;
        while (!File.Exists(Path.Combine(folder, "DdpmJobs.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
