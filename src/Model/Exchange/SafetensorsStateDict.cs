using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>The tensors of one safetensors file, or of the several that an index names.</summary>
internal sealed class SafetensorsStateDict : StateDict
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _places = new(StringComparer.Ordinal);

    private SafetensorsStateDict(string path)
        : base(path)
    {
    }

    /// <summary>Opens one file.</summary>
    public static SafetensorsStateDict OpenOne(string path)
    {
        SafetensorsStateDict dict = new(path);
        dict.Take(SafetensorsFile.Open(path), _ => true);
        return dict;
    }

    /// <summary>Opens the files of an index, which lie beside it.</summary>
    /// <remarks>huggingface/safetensors and diffusers: <c>{"weight_map": {"tensor": "file"}}</c>.</remarks>
    public static SafetensorsStateDict OpenSharded(string index)
    {
        SafetensorsStateDict dict = new(index);
        try
        {
            Dictionary<string, string> map = dict.WeightMap();
            string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(index))!;
            foreach (string file in map.Values.Distinct(StringComparer.Ordinal))
            {
                if (file.Length == 0 || System.IO.Path.GetFileName(file) != file)
                    throw dict.Damaged($"it names the file \"{Shown(file)}\", which is not beside it");
                dict.Take(SafetensorsFile.Open(System.IO.Path.Combine(folder, file)), name => map.TryGetValue(name, out string? place) && place == file);
            }

            string? lost = map.Keys.FirstOrDefault(name => !dict.Tensors.ContainsKey(name));
            return lost is null ? dict : throw dict.Damaged($"it names the tensor {Shown(lost)} in {map[lost]}, which has none of that name");
        }
        catch
        {
            dict.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadBytes(ForeignTensor tensor)
    {
        SafetensorsFile file = _places[tensor.Name];
        SafetensorEntry entry = file.Entries[tensor.Name];
        byte[] bytes = new byte[entry.Length];
        file.Read(entry, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private void Take(SafetensorsFile file, Func<string, bool> wanted)
    {
        _files.Add(file);
        foreach (SafetensorEntry entry in file.Entries.Values.Where(entry => wanted(entry.Name)))
        {
            Add(new ForeignTensor(entry.Name, entry.Type, entry.Shape));
            _places.Add(entry.Name, file);
        }
    }

    private Dictionary<string, string> WeightMap()
    {
        try
        {
            JsonDocumentOptions strict = new() { AllowDuplicateProperties = false };
            return JsonNode.Parse(File.ReadAllBytes(Path), documentOptions: strict)!["weight_map"]!.AsObject()
                .ToDictionary(entry => entry.Key, entry => entry.Value!.GetValue<string>(), StringComparer.Ordinal);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw Damaged("it is no index of safetensors files: it has no weight_map from tensor to file");
        }
    }
}
