using System.Globalization;
using System.Net;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>HTML that is safe to write: texts put into it are encoded, other markup goes in as it is.</summary>
public sealed class Markup
{
    private readonly string _html;

    private Markup(string html) => _html = html;

    /// <summary>Nothing.</summary>
    public static Markup None { get; } = new("");

    /// <summary>Takes the literal parts as HTML and encodes every value that is not markup itself, so that no user text can become markup by oversight.</summary>
    public static Markup Of(FormattableString html)
    {
        ArgumentNullException.ThrowIfNull(html);
        return new Markup(html.ToString(Encoder.Instance));
    }

    /// <summary>One after the other.</summary>
    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts));

    /// <inheritdoc />
    public override string ToString() => _html;

    private sealed class Encoder : IFormatProvider, ICustomFormatter
    {
        public static Encoder Instance { get; } = new();

        public object? GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : null;

        public string Format(string? format, object? arg, IFormatProvider? formatProvider) => arg switch
        {
            Markup markup => markup._html,
            IFormattable value => WebUtility.HtmlEncode(value.ToString(format, CultureInfo.InvariantCulture)),
            _ => WebUtility.HtmlEncode(arg?.ToString()) ?? "",
        };
    }
}
