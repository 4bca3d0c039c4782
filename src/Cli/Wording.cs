using System.Globalization;

namespace DdpmJobs.Cli;

/// <summary>Numbers, times and ids as a person reads them.</summary>
internal static class Wording
{
    /// <summary>Four decimals, as values of quality are compared; two digits of what these would show as zero; or NaN, ∞, -∞.</summary>
    public static string Fixed(double value) =>
        !double.IsFinite(value) ? NotFinite(value)
        : value != 0 && Math.Abs(value) < 0.00005 ? value.ToString("0.0e-0", CultureInfo.InvariantCulture)
        : value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A number with the given count of significant digits.</summary>
    public static string Number(double value, int digits) => double.IsFinite(value) ? value.ToString("G" + digits, CultureInfo.InvariantCulture) : NotFinite(value);

    /// <summary>As in <c>42 s</c>, <c>3:07</c> or <c>2:03:07</c>.</summary>
    public static string Duration(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1) ? $"{Math.Ceiling(time.TotalSeconds):0} s"
        : time < TimeSpan.FromHours(1) ? $"{(int)time.TotalMinutes}:{time.Seconds:00}"
        : $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}";

    /// <summary>The beginning of a hash.</summary>
    public static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    private static string NotFinite(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
}
