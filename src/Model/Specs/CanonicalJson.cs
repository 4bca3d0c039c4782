using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>The one text of a JSON tree: members sorted by UTF-16 code unit, no white space, whole numbers in digits, others as .NET's shortest
/// round-trip text in the invariant culture (<c>0.0001</c>, <c>1E-05</c>; 1.0 is <c>1</c>).</summary>
internal static class CanonicalJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the tree.</summary>
    public static string Text(JsonNode? tree)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, Options))
        {
            Write(json, tree);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                json.WriteStartObject();
                foreach ((string name, JsonNode? value) in members.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    json.WritePropertyName(name);
                    Write(json, value);
                }

                json.WriteEndObject();
                break;
            case JsonArray elements:
                json.WriteStartArray();
                foreach (JsonNode? element in elements)
                {
                    Write(json, element);
                }

                json.WriteEndArray();
                break;
            case JsonValue number when number.GetValueKind() == JsonValueKind.Number:
                json.WriteRawValue(Number(number.ToJsonString()));
                break;
            case null:
                json.WriteNullValue();
                break;
            default:
                node.WriteTo(json);
                break;
        }
    }

    private static string Number(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            return whole.ToString(CultureInfo.InvariantCulture);
        }

        double number = double.Parse(text, CultureInfo.InvariantCulture);
        return number == 0 ? "0" : number.ToString("R", CultureInfo.InvariantCulture);
    }
}
