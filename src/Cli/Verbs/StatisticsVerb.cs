using System.CommandLine;
using System.Globalization;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Hosting;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm statistics</c>: what samples are compared with.</summary>
internal static class StatisticsVerb
{
    private const string About = """
        Keeps feature statistics of true images, which samples are compared with: in the folder DDPM__Statistics__Folder, else in `statistics` of the data folder.
        Evaluations compute what they need by themselves, once; `compute` does it before, and `add` brings in those of another program.

        Examples:
          ddpm statistics list
          ddpm statistics compute samples/digits.yaml
          ddpm statistics add cifar10-train.npz
          ddpm statistics export optdigits-train-3823-classifier-0123456789ab.safetensors digits.npz
        """;

    public static Command Create(Terminal terminal) => new("statistics", About) { Add(terminal), Compute(terminal), Export(terminal), List(terminal) };

    private static Command Add(Terminal terminal)
    {
        Argument<string> file = new("FILE") { Description = "A .npz with mu and sigma, as pytorch-fid and others write it, or a .safetensors of this program." };
        Option<string> data = VerbOptions.Data();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("add", "Checks a file as a whole, copies it in, and shows the SHA-256 by which a sweep refers to it.") { file, data, json };
        verb.SetAction(line =>
        {
            string source = line.GetRequiredValue(file);
            (string sha256, string place) = ImportVerb.Refusing(() => Folder(terminal, line.GetRequiredValue(data)).Add(source));
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { Sha256 = sha256, File = place });
                return;
            }

            terminal.Out.WriteLine($"{place}: statistics, checked. In a sweep:");
            terminal.Out.WriteLine($"  - {{ kind: fid, reference: {{ kind: file, sha256: {sha256} }} }}");
        });
        return verb;
    }

    private static Command Compute(Terminal terminal)
    {
        Argument<string> file = VerbOptions.File();
        Option<string> data = VerbOptions.Data();
        Command verb = new("compute", "Computes what the runs of a sweep will be compared with and is not there yet; trains the classifier of the data where they need it.") { file, data };
        verb.SetAction(async (line, cancel) =>
        {
            string path = line.GetRequiredValue(file);
            Deployment deployment = DeploymentReader.Read(terminal.Environment);
            SweepDraft sweep = SweepFile.Parse(await SweepText.ReadAsync(path, cancel), path, Environment.UserName);
            StatisticsFolder folder = Folder(terminal, line.GetRequiredValue(data));
            EvaluationSession session = new()
            {
                Checkpoint = "",
                DataFolder = deployment.Runner.DataFolder.Length > 0 ? deployment.Runner.DataFolder : null,
                Features = new FeaturePlaces { Weights = deployment.Weights.Folder, Statistics = folder.Path, Warn = sentence => terminal.Error.WriteLine($"ddpm: warning: {sentence}") },
            };
            long computed = 0;
            foreach (RunDraft run in sweep.Runs)
            {
                try
                {
                    computed += Evaluator.ComputeReferences(run.Spec, session, cancel);
                }
                catch (Exception e) when (e is FileNotFoundException or InvalidDataException or SpecException)
                {
                    throw new CliException($"run {run.Name}: {e.Message}", e);
                }
            }

            terminal.Out.WriteLine(computed == 0 ? $"{folder.Path} holds all that the sweep {sweep.Name} is compared with." : $"{folder.Path}: the features of {computed} images were computed.");
            return ExitCode.Success;
        });
        return verb;
    }

    private static Command Export(Terminal terminal)
    {
        Argument<string> name = new("NAME") { Description = "Name of a file in the folder, as `list` shows it." };
        Argument<string> target = new("FILE") { Description = "A .npz to write mu and sigma to; a file that is there is replaced." };
        Option<string> data = VerbOptions.Data();
        Command verb = new("export", "Writes statistics as other programs read them; how many images they are of is lost.") { name, target, data };
        verb.SetAction(line =>
        {
            string path = line.GetRequiredValue(target);
            if (!path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
            {
                throw new CliException($"FILE must end with .npz; got '{path}'. A .safetensors of this program is shared by copying it.");
            }

            StatisticsFolder folder = Folder(terminal, line.GetRequiredValue(data));
            string source = folder.Files.FirstOrDefault(there => Path.GetFileName(there) == line.GetRequiredValue(name))
                ?? throw new CliException($"{folder.Path} holds no statistics '{line.GetRequiredValue(name)}'; `ddpm statistics list` shows those that are there.");
            (FeatureGaussian gaussian, _) = ImportVerb.Refusing(() => StatisticsFolder.Read(source));
            try
            {
                NumpyStatistics.Write(path, gaussian);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException($"{path} cannot be written: {e.Message}", e);
            }

            terminal.Out.WriteLine($"{path}: mu and sigma of {gaussian.Dimensions} dimensions.");
        });
        return verb;
    }

    private static Command List(Terminal terminal)
    {
        Option<string> data = VerbOptions.Data();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("list", "Lists the statistics that are there, each with what it is of and the SHA-256 by which a sweep refers to it.") { data, json };
        verb.SetAction(line =>
        {
            StatisticsFolder folder = Folder(terminal, line.GetRequiredValue(data));
            var rows = folder.Files.Select(RowOf).ToArray();
            if (line.GetValue(json))
            {
                terminal.WriteJson(rows);
                return;
            }

            if (rows.Length == 0)
            {
                terminal.Out.WriteLine($"{folder.Path} holds no statistics.");
                return;
            }

            foreach (StatisticsRow row in rows)
            {
                terminal.Out.WriteLine(row.File);
                terminal.Out.WriteLine($"  {row.Problem ?? string.Create(CultureInfo.InvariantCulture, $"of {row.Images ?? "images that the file does not name"}, {row.Count?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of"} images, {row.Dimensions} dimensions{(row.Network is null ? "" : $" of {row.Network}")}")}");
                terminal.Out.WriteLine($"  sha256 {row.Sha256}");
            }
        });
        return verb;
    }

    private static StatisticsRow RowOf(string file)
    {
        try
        {
            (FeatureGaussian gaussian, FeatureOrigin? origin) = StatisticsFolder.Read(file);
            string? images = origin is null ? null : $"{origin.Images}{(origin.Resize.Length > 0 ? $" resized by {origin.Resize}" : "")}";
            return new StatisticsRow(Path.GetFileName(file), StatisticsFolder.HashOf(file), gaussian.Dimensions, gaussian.Count, images, origin?.Network, null);
        }
        catch (InvalidDataException e)
        {
            return new StatisticsRow(Path.GetFileName(file), StatisticsFolder.HashOf(file), 0, null, null, null, e.Message);
        }
    }

    private static StatisticsFolder Folder(Terminal terminal, string data)
    {
        string folder = DeploymentReader.Read(terminal.Environment).Statistics.FolderIn(data);
        return folder.Length > 0 ? new StatisticsFolder(folder) : throw new CliException("DDPM__Statistics__Folder must be the path of a folder; got an empty text");
    }

    private sealed record StatisticsRow(string File, string Sha256, int Dimensions, long? Count, string? Images, string? Network, string? Problem);
}
