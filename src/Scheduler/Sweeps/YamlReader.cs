using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Reads one YAML document into values that know their place.</summary>
/// <remarks>Aliases are followed; merge keys, tags and a second document are refused, each with a sentence.</remarks>
internal sealed class YamlReader
{
    private const int LargestDepth = 64;
    private const int LargestSize = 200_000; // values; a few nested aliases can stand for billions
    private readonly SourceFile _file;
    private readonly string _text;
    private readonly Parser _parser;
    private readonly Dictionary<string, SourceNode> _anchors = [];

    private YamlReader(SourceFile file, string text)
    {
        _file = file;
        _text = text;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="SweepFileException">It is empty, no YAML, or uses what sweeps do not allow.</exception>
    public static SourceNode Read(SourceFile file, string text)
    {
        YamlReader reader = new(file, text);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            SourceMark mark = reader.Within(At(e.Start));
            throw e.Message.Contains(" tab ", StringComparison.Ordinal) && reader.FirstTab(mark) is SourceMark tab
                ? file.Error(tab, "a tab stands here; YAML is indented with spaces")
                : file.Error(mark, $"this is not YAML: {e.Message}");
        }
    }

    private SourceNode ReadDocument()
    {
        Expect<StreamStart>();
        _parser.MoveNext();
        if (_parser.Current is StreamEnd)
        {
            throw _file.Error(new SourceMark(1, 1), "the file is empty; a sweep has at least the members name and run");
        }

        Expect<DocumentStart>(alreadyRead: true);
        _parser.MoveNext();
        SourceNode root = ReadNode(0);
        Expect<DocumentEnd>();
        _parser.MoveNext();
        return _parser.Current is StreamEnd
            ? root
            : throw _file.Error(At(_parser.Current!.Start), "a second YAML document begins here; a file holds one sweep");
    }

    // The node at the parser's place; the parser is left on its last event.
    private SourceNode ReadNode(int depth)
    {
        ParsingEvent start = _parser.Current!;
        if (depth > LargestDepth)
        {
            throw _file.Error(At(start.Start), $"more than {LargestDepth} levels of nesting");
        }

        if (start is AnchorAlias alias)
        {
            return _anchors.TryGetValue(alias.Value.Value, out SourceNode? known)
                ? known
                : throw _file.Error(At(start.Start), $"the alias *{alias.Value.Value} has no anchor before it");
        }

        if (start is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } } tagged)
        {
            throw _file.Error(At(start.Start), $"the tag {tagged.Tag.Value} is not allowed; quote a text, and write numbers plainly");
        }

        SourceNode node = start switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(depth),
            MappingStart => ReadMapping(depth),
            _ => throw new InvalidOperationException($"The YAML parser gave {start} where a value begins."),
        };
        if (node.Size > LargestSize)
        {
            throw _file.Error(node.Mark, $"more than {LargestSize} values, aliases followed");
        }

        if (start is NodeEvent { Anchor: { IsEmpty: false } } anchored)
        {
            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    private SourceScalar ReadScalar(Scalar scalar)
    {
        SourceMark mark = At(scalar.Start);
        if (scalar.Style != ScalarStyle.Plain)
        {
            return new SourceScalar(mark, JsonValue.Create(scalar.Value));
        }

        return YamlScalars.TryRead(scalar.Value, out JsonValue? value)
            ? new SourceScalar(mark, value)
            : throw _file.Error(mark, $"{scalar.Value} is not a finite number that a 64-bit float or integer can hold");
    }

    private SourceSequence ReadSequence(int depth)
    {
        SourceMark mark = At(_parser.Current!.Start);
        List<SourceNode> items = [];
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }

        return new SourceSequence(mark, items);
    }

    private SourceMapping ReadMapping(int depth)
    {
        SourceMark mark = At(_parser.Current!.Start);
        List<SourceMember> members = [];
        Dictionary<string, SourceMark> seen = [];
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            // Read the name.
            SourceMark at = At(_parser.Current!.Start);
            if (_parser.Current is not Scalar name)
            {
                throw _file.Error(at, "the name of a member must be a text");
            }

            if (name is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw _file.Error(at, "merge keys (<<) are not supported; write the members out");
            }

            if (!seen.TryAdd(name.Value, at))
            {
                throw _file.Error(at, $"\"{name.Value}\" is given twice, first at line {seen[name.Value].Line}, column {seen[name.Value].Column}");
            }

            // Read the value.
            _parser.MoveNext();
            members.Add(new SourceMember(name.Value, at, ReadNode(depth + 1)));
        }

        return new SourceMapping(mark, members);
    }

    private void Expect<T>(bool alreadyRead = false) where T : ParsingEvent
    {
        if (!alreadyRead)
        {
            _parser.MoveNext();
        }

        if (_parser.Current is not T)
        {
            throw new InvalidOperationException($"The YAML parser gave {_parser.Current} in place of {typeof(T).Name}.");
        }
    }

    // The parser reports a tab at the start of the value before it.
    private SourceMark? FirstTab(SourceMark from)
    {
        string[] lines = _text.Split('\n');
        for (int line = from.Line; line <= lines.Length; line++)
        {
            int column = lines[line - 1].TakeWhile(c => c == ' ').Count();
            if (column < lines[line - 1].Length && lines[line - 1][column] == '\t')
            {
                return new SourceMark(line, column + 1);
            }
        }

        return null;
    }

    // The parser reports an unexpected end on the line after the last.
    private SourceMark Within(SourceMark mark)
    {
        string[] lines = _text.TrimEnd('\n').Split('\n');
        return mark.Line <= lines.Length ? mark : new SourceMark(lines.Length, lines[^1].Length + 1);
    }

    private static SourceMark At(Mark mark) => new(Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));
}
