namespace DdpmJobs.Model.Exchange;

/// <summary>What the two formats of torch.save have in common: a pickle that describes tensors, and the bytes of their storages elsewhere in the file.</summary>
internal abstract class TorchStateDict : StateDict
{
    private const int DeepestNesting = 32;
    private const int MostObjects = 1_000_000;

    private readonly Dictionary<string, PickledTensor> _views = new(StringComparer.Ordinal);
    private (string Key, byte[] Bytes)? _last;
    private int _visited;

    protected TorchStateDict(string path)
        : base(path)
    {
    }

    /// <inheritdoc/>
    public override byte[] ReadBytes(ForeignTensor tensor)
    {
        // Tensors that share a storage mostly follow each other.
        PickledTensor view = _views[tensor.Name];
        if (_last is not (string key, byte[] bytes) || key != view.Storage.Key)
        {
            bytes = ReadStorage(view.Storage);
            _last = (view.Storage.Key, bytes);
        }

        return view.Gather(bytes);
    }

    /// <summary>Reads all bytes of a storage and checks them as far as the format can.</summary>
    protected abstract byte[] ReadStorage(PickledStorage storage);

    /// <summary>The storages that tensors use, each once.</summary>
    protected IEnumerable<PickledStorage> Storages => _views.Values.Select(view => view.Storage).DistinctBy(storage => storage.Key);

    /// <summary>The first tensor that uses a storage, for messages.</summary>
    protected string UserOf(PickledStorage storage) => $"tensor {Shown(_views.First(view => view.Value.Storage.Key == storage.Key).Key)}";

    /// <summary>Names every tensor of what was pickled by its place in it. Other values, as of an optimiser or an epoch, are passed over.</summary>
    protected void Collect(object? root)
    {
        Visit(root, "", 0);
        if (_views.Count == 0)
            throw Damaged("it holds no tensor");
        foreach (IGrouping<string, PickledStorage> uses in _views.Values.Select(view => view.Storage).GroupBy(storage => storage.Key, StringComparer.Ordinal))
        {
            if (uses.Distinct().Count() > 1)
                throw Damaged($"storage {Shown(uses.Key)} is described in two ways");
        }
    }

    // A dictionary may hold itself, and a few lists that hold each other twice unfold without end: both depth and number are bounded.
    private void Visit(object? value, string name, int depth)
    {
        if (depth > DeepestNesting || ++_visited > MostObjects)
            throw Damaged(depth > DeepestNesting ? $"its dictionaries are nested more than {DeepestNesting} deep, or hold themselves" : $"it holds more than {MostObjects} objects");
        switch (value)
        {
            case PickledTensor view:
                if (name.Length == 0)
                    throw Damaged("it is a single tensor without a name; save a dictionary, as in torch.save(model.state_dict(), path)");
                _views[name] = view;
                Add(new ForeignTensor(name, view.Storage.Type, view.Shape));
                break;
            case PickledDict dict:
                foreach ((string key, object? member) in dict.Members)
                    Visit(member, Join(name, key), depth + 1);
                break;
            case IList<object?> list:
                for (int i = 0; i < list.Count; i++)
                    Visit(list[i], Join(name, $"{i}"), depth + 1);
                break;
            default:
                break;
        }
    }

    private static string Join(string name, string member) => name.Length == 0 ? member : $"{name}.{member}";
}
