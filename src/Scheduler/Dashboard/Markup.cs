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
        object?[] values = [.. html.GetArguments().Select(a => (object?)(a is Markup m ? m._html : WebUtility.HtmlEncode(Convert.ToString(a, System.Globalization.CultureInfo.InvariantCulture))))];
        return new Markup(string.Format(System.Globalization.CultureInfo.InvariantCulture, html.Format, values));
    }

    /// <summary>One after the other.</summary>
    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts));

    /// <inheritdoc />
    public override string ToString() => _html;
}
