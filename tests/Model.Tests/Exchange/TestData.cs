namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Files too large to ship, in the folder that <c>DDPM_TEST_DATA</c> names; a test that needs one is skipped where it is missing.</summary>
internal static class TestData
{
    public static string[] Files(string folder, string pattern)
    {
        string? root = Environment.GetEnvironmentVariable("DDPM_TEST_DATA");
        if (string.IsNullOrEmpty(root))
            Assert.Skip("DDPM_TEST_DATA names no folder.");
        string place = Path.Combine(root, folder);
        string[] files = Directory.Exists(place) ? [.. Directory.GetFiles(place, pattern).Order(StringComparer.Ordinal)] : [];
        if (files.Length == 0)
            Assert.Skip($"{place} holds no {pattern}.");
        return files;
    }
}
