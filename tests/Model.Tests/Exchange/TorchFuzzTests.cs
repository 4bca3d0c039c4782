using System.IO.Compression;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>torch.save files altered at random, the same way every time: each is read or refused by its name, without much memory, whatever it claims.</summary>
public sealed class TorchFuzzTests : IDisposable
{
    private const int Mutations = 150; // of each file
    private const long MostBytes = 1 << 26; // beside what a file of its size may need

    private static readonly ulong[] Extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff];

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-fuzz-").FullName;

    private string Model => Path.Combine(_folder, "model.pth");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // More of them in one go: DDPM_FUZZ=20000.
    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("DDPM_FUZZ"), out int count) ? count : Mutations;

    // What a training state may hold: shared storages, strides, several types, plain values, nesting, attributes of an ordered dictionary.
    private static byte[] Pickle(bool legacy) => new PickleText().Op(']').Op('(')
        .Dict(model => model.Text("w").Tensor("FloatStorage", "7", 8, 2, [2, 3], [3, 1], legacy).Text("v").Tensor("FloatStorage", "7", 8, 2, [3, 2], [1, 3], legacy)
            .Text("h").Tensor("HalfStorage", "9", 4, 0, [4], [1], legacy).Text("n").Tensor("LongStorage", "8", 1, 0, [], [], legacy))
        .Op('}').Op('(').Text("lr").Op('G').Raw(0x3f, 0xf0, 0, 0, 0, 0, 0, 0).Number(3).Op('N').Op('u')
        .Global("collections", "OrderedDict").Op(')').Op('R').Raw((byte)'q', 1).Text("_metadata").Raw((byte)'h', 1).Op('s').Op('}').Op('b')
        .Number(12).Op('e').End();

    private static Dictionary<string, byte[]> Storages => new()
    {
        ["7"] = TorchFiles.Bytes(0, 1, 2, 3, 4, 5, 6, 7), ["9"] = [0, 1, 2, 3, 4, 5, 6, 7], ["8"] = BitConverter.GetBytes(41L),
    };

    [Fact]
    public void Open_ZipAlteredAtRandom_IsReadOrRefused()
    {
        TorchFiles.WriteZip(Model, Pickle(legacy: false), Storages);
        Fuzz(File.ReadAllBytes(Model), 1, File.WriteAllBytes);
    }

    [Fact]
    public void Open_DescriptionAlteredInASoundZip_IsReadOrRefused() =>
        Fuzz(Pickle(legacy: false), 2, (path, pickle) => TorchFiles.WriteZip(path, pickle, Storages, level: CompressionLevel.Optimal));

    [Fact]
    public void Open_LegacyFileAlteredAtRandom_IsReadOrRefused() =>
        Fuzz(TorchFiles.Legacy(Pickle(legacy: true), [("7", 4, Storages["7"]), ("9", 2, Storages["9"]), ("8", 8, Storages["8"])]), 3, File.WriteAllBytes);

    [Fact]
    public void Open_RealFilesAlteredAtRandom_AreReadOrRefused()
    {
        foreach ((string file, int i) in TestData.Files("ddpm-checkpoints", "*.pth").Concat(TestData.Files("cifar10-resnet", "*20-*.th")).Select((file, i) => (file, i)))
            Fuzz(File.ReadAllBytes(file), 4 + i, File.WriteAllBytes, Count / 5);
    }

    [Fact]
    public void Open_DescriptionOfARealFileAltered_IsReadOrRefused()
    {
        foreach (string file in TestData.Files("ddpm-checkpoints", "*.pth"))
        {
            using ZipArchive zip = ZipFile.OpenRead(file);
            Dictionary<string, byte[]> parts = zip.Entries.ToDictionary(entry => entry.FullName[(entry.FullName.IndexOf('/') + 1)..], entry =>
            {
                using MemoryStream bytes = new();
                using Stream stream = entry.Open();
                stream.CopyTo(bytes);
                return bytes.ToArray();
            });
            Dictionary<string, byte[]> storages = parts.Where(part => part.Key.StartsWith("data/", StringComparison.Ordinal)).ToDictionary(part => part.Key["data/".Length..], part => part.Value);
            Assert.NotEmpty(storages);
            Fuzz(parts["data.pkl"], 9, (path, pickle) => TorchFiles.WriteZip(path, pickle, storages), Count / 5);
        }
    }

    private void Fuzz(byte[] sound, int seed, Action<string, byte[]> write, int? count = null)
    {
        int refused = 0;
        for (int i = 0; i < (count ?? Count); i++)
        {
            write(Model, Alter(sound, new RandomStream(seed, RandomPurpose.Noise, i)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using StateDict dict = StateDict.Open(Model);
                foreach (ForeignTensor tensor in dict.Tensors.Values)
                    dict.ReadFloats(tensor);
            }
            catch (InvalidDataException error)
            {
                refused++;
                Assert.StartsWith(Model, error.Message, StringComparison.Ordinal);
                Assert.True(error.Message.Length < 2000 && !error.Message.Contains('\n'), error.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, alteration {i}: {error}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes + 16 * new FileInfo(Model).Length);
        }

        Assert.InRange(refused, 1, int.MaxValue);
    }

    // One to four alterations: bits, bytes, whole numbers, cuts, and stretches doubled or left out.
    private static byte[] Alter(byte[] sound, RandomStream random)
    {
        uint[] draws = new uint[32];
        random.FillUInt32(draws);
        int next = 0;
        int Draw(int below) => (int)(draws[next++] % (uint)Math.Max(below, 1));
        List<byte> bytes = [.. sound];
        for (int times = 1 + Draw(4); times > 0 && bytes.Count > 16; times--)
        {
            // The ends of a file say most, so half of the alterations are near one of them.
            int near = Draw(4);
            int at = near switch { 0 => Draw(Math.Min(bytes.Count, 300)), 1 => bytes.Count - 1 - Draw(Math.Min(bytes.Count, 300)), _ => Draw(bytes.Count) };
            switch (Draw(6))
            {
                case 0: bytes[at] ^= (byte)(1 << Draw(8)); break;
                case 1: bytes[at] = (byte)Draw(256); break;
                case 2:
                    byte[] number = BitConverter.GetBytes(Extremes[Draw(Extremes.Length)]);
                    int width = 1 << Draw(4);
                    for (int i = 0; i < width && at + i < bytes.Count; i++)
                        bytes[at + i] = number[i];
                    break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: bytes.RemoveRange(at, Math.Min(1 + Draw(40), bytes.Count - at)); break;
                default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(1 + Draw(40), bytes.Count - at))); break;
            }
        }

        return [.. bytes];
    }
}
