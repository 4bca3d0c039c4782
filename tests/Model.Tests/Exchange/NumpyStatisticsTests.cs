using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Quality;

namespace DdpmJobs.Model.Tests.Exchange;

public sealed class NumpyStatisticsTests : IDisposable
{
    private static readonly double[] Mu = [1, -2.5];
    private static readonly double[] Sigma = [4, 0.5, 0.5, 9];

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-npz-").FullName;

    private string Path1 => Path.Combine(_folder, "stats.npz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_WrittenFile_GivesTheSameBackWithoutTheCount()
    {
        NumpyStatistics.Write(Path1, new FeatureGaussian(Mu, Sigma, 1000));
        FeatureGaussian back = NumpyStatistics.Read(Path1, dimensions: 2);
        Assert.Equal(Mu, back.Mean);
        Assert.Equal(Sigma, back.Covariance);
        Assert.Null(back.Count);

        // The parts are laid out as NumPy does it: numbers begin at a multiple of 64.
        using ZipArchive zip = ZipFile.OpenRead(Path1);
        Assert.Equal(["mu.npy", "sigma.npy"], zip.Entries.Select(entry => entry.FullName));
        byte[] start = new byte[128];
        using Stream part = zip.Entries[1].Open();
        part.ReadExactly(start);
        Assert.Equal("\u0093NUMPY\u0001\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }".PadRight(127) + "\n", Encoding.Latin1.GetString(start));
    }

    [Theory]
    [InlineData(1, "<f8", false, false)]
    [InlineData(2, "<f8", true, true)]
    [InlineData(3, "<f4", false, true)]
    [InlineData(1, "<f4", true, false)]
    public void Read_EveryWayToWriteIt_GivesTheSame(byte version, string type, bool fortran, bool packed)
    {
        Write(packed, ("mu.npy", Npy(Mu, "(2,)", version, type, fortran)), ("sigma.npy", Npy(Sigma, "(2, 2)", version, type, fortran)), ("other.npy", [1, 2, 3]));
        FeatureGaussian read = NumpyStatistics.Read(Path1);
        Assert.Equal(Mu, read.Mean);
        Assert.Equal(Sigma, read.Covariance);
    }

    [Fact]
    public void Parse_ColumnsFirst_TurnsThemOver()
    {
        NpyArray array = NpyArray.Parse(Npy([0, 10, 1, 11, 2, 12], "(2, 3)", 1, "<f8", fortran: true));
        Assert.Equal([0, 1, 2, 10, 11, 12], array.Values);
    }

    [Fact]
    public void Read_FileCutAnywhere_IsRefusedByName()
    {
        Write(packed: false, ("mu.npy", Npy(Mu, "(2,)")), ("sigma.npy", Npy(Sigma, "(2, 2)")));
        byte[] whole = File.ReadAllBytes(Path1);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path1, whole[..length]);
            Assert.Contains(Path1, Assert.Throws<InvalidDataException>(() => NumpyStatistics.Read(Path1)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_ANumberAltered_IsRefused()
    {
        Write(packed: false, ("mu.npy", Npy(Mu, "(2,)")), ("sigma.npy", Npy(Sigma, "(2, 2)")));
        byte[] whole = File.ReadAllBytes(Path1);
        whole[whole.AsSpan().IndexOf(BitConverter.GetBytes(-2.5))] ^= 1;
        File.WriteAllBytes(Path1, whole);
        Assert.Contains("mu.npy was altered", Assert.Throws<InvalidDataException>(() => NumpyStatistics.Read(Path1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ContentThatIsWrong_SaysWhatIsWrong()
    {
        byte[] mu = Npy(Mu, "(2,)"), sigma = Npy(Sigma, "(2, 2)");
        Refused("holds no mu; it has feats.npy", ("feats.npy", mu));
        Refused("holds no sigma", ("mu.npy", mu));
        Refused("its mu has the shape (2, 1) instead of (D)", ("mu.npy", Npy(Mu, "(2, 1)")), ("sigma.npy", sigma));
        Refused("its sigma has the shape (4) instead of (2, 2)", ("mu.npy", mu), ("sigma.npy", Npy(Sigma, "(4,)")));
        Refused("its mu does not begin as a NumPy array", ("mu.npy", [1, 2, 3]), ("sigma.npy", sigma));
        Refused("its mu has version 4.0", ("mu.npy", Npy(Mu, "(2,)", version: 4)), ("sigma.npy", sigma));
        Refused("its mu has the type <c16", ("mu.npy", Npy(Mu, "(1,)", type: "<c16")), ("sigma.npy", sigma));
        Refused("its mu has the extent -1", ("mu.npy", Npy(Mu, "(-1,)")), ("sigma.npy", sigma));
        Refused("its mu has 16 bytes of numbers instead of 24 for the shape (3)", ("mu.npy", Npy(Mu, "(3,)")), ("sigma.npy", sigma));
        Refused("its mu has the description {'descr': '<f8', 'fortran_order': Maybe", ("mu.npy", Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(mu).Replace("False", "Maybe", StringComparison.Ordinal))), ("sigma.npy", sigma));
        Refused("its mu claims a description of 65535 bytes", ("mu.npy", [.. mu[..8], 255, 255, .. mu[10..]]), ("sigma.npy", sigma));
        Refused("its mu claims a description of 9223372036854775807 bytes in 11", ("mu.npy", [.. Npy(Mu, "(2,)", version: 2)[..11]]), ("sigma.npy", sigma));
        Refused("mean is not finite: element 1 is NaN", ("mu.npy", Npy([0, double.NaN], "(2,)")), ("sigma.npy", sigma));
        Refused("row 1, column 1 is Infinity", ("mu.npy", mu), ("sigma.npy", Npy([1, 0, 0, double.PositiveInfinity], "(2, 2)")));
        Refused("not symmetric: row 0, column 1 is 1, and the mirrored element 2", ("mu.npy", mu), ("sigma.npy", Npy([4, 1, 2, 9], "(2, 2)")));
        Refused("the negative variance -4", ("mu.npy", mu), ("sigma.npy", Npy([-4, 0, 0, 9], "(2, 2)")));
        Refused("part sigma.npy claims", ("mu.npy", mu), ("sigma.npy", new byte[1 << 20]));
    }

    [Fact]
    public void Read_FeaturesOfAnotherSize_IsRefusedWithBoth()
    {
        NumpyStatistics.Write(Path1, new FeatureGaussian(Mu, Sigma, 1000));
        Assert.Contains("2 dimensions instead of 2048", Assert.Throws<InvalidDataException>(() => NumpyStatistics.Read(Path1, 2048)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoArchive_IsRefused()
    {
        File.WriteAllText(Path1, "mu, sigma");
        Assert.Contains("it is no .npz", Assert.Throws<InvalidDataException>(() => NumpyStatistics.Read(Path1)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => NumpyStatistics.Read(Path1 + ".not"));
    }

    private void Refused(string expected, params (string Name, byte[] Bytes)[] parts)
    {
        Write(packed: true, parts);
        string message = Assert.Throws<InvalidDataException>(() => NumpyStatistics.Read(Path1)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith(Path1, message, StringComparison.Ordinal);
    }

    private void Write(bool packed, params (string Name, byte[] Bytes)[] parts)
    {
        File.Delete(Path1);
        using ZipArchive zip = ZipFile.Open(Path1, ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in parts)
        {
            using Stream stream = zip.CreateEntry(name, packed ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }

    // The format's description, written by hand: numpy/lib/format.py.
    private static byte[] Npy(double[] values, string shape, byte version = 1, string type = "<f8", bool fortran = false)
    {
        byte[] description = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': {fortran}, 'shape': {shape}, }}".PadRight(100) + "\n");
        byte[] length = version == 1 ? new byte[2] : new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)description.Length);
        IEnumerable<byte> numbers = values.SelectMany(value => type == "<f4" ? BitConverter.GetBytes((float)value) : BitConverter.GetBytes(value));
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. description, .. numbers];
    }
}
