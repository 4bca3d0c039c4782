using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Checkpoints;

/// <summary>A checkpoint that a disk or a person changed is never trained on.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec { Steps = 12, BatchSize = 2, WarmupSteps = 0 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-damaged-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_AByteOfTheHeaderFlipped_IsRefusedOrSaysTheSame()
    {
        set_num_threads(1);
        string path = Trainer.Train(Spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
        byte[] whole = File.ReadAllBytes(path);
        int header = 8 + (int)BitConverter.ToInt64(whole);
        int refused = 0;
        string[] entries = Entries(path);
        int tried = 0;
        for (int i = 0; i < header; i += i < 64 ? 1 : 7, tried++)
        {
            whole[i] ^= 1;
            File.WriteAllBytes(path, whole);
            whole[i] ^= 1;
            try
            {
                // Where the name of the header's own hash is hit, everything else is as it was.
                Assert.Equal(entries, Entries(path));
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, tried - Safetensors.HeaderSha256Key.Length, tried);
    }

    [Fact]
    public void Open_StepAlteredByAPerson_IsRefused()
    {
        set_num_threads(1);
        string path = Trainer.Train(Spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
        string text = File.ReadAllText(path, System.Text.Encoding.Latin1);
        Assert.Contains("\"step\":\"12\"", text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace("\"step\":\"12\"", "\"step\":\"13\"", StringComparison.Ordinal), System.Text.Encoding.Latin1);
        Assert.Contains("its header has SHA-256", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path, Spec)).Message, StringComparison.Ordinal);
    }

    private static string[] Entries(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        IEnumerable<string> texts = new[] { "format", "spec", "spec_hash", "schedule_hash", "data_hash", "step", "images_seen", Safetensors.Sha256Key }
            .Select(key => $"{key}={file.Metadata.GetValueOrDefault(key)}");
        return [.. texts.Concat(file.Entries.Values.Select(entry => $"{entry.Name} {entry.Type} {string.Join(',', entry.Shape)} {entry.Offset}")).Order()];
    }
}
