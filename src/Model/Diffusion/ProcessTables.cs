using System.Buffers.Binary;
using System.Security.Cryptography;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Diffusion;

/// <summary>The tables of a process under the names that the papers' programs give them.</summary>
public static class ProcessTables
{
    /// <summary>Every table, in the order in which one follows from another.</summary>
    /// <returns>Names in snake_case, as in hojonathanho/diffusion and openai/improved-diffusion; T values each, infinite where the table says so.</returns>
    public static IReadOnlyList<(string Name, IReadOnlyList<double> Values)> Of(GaussianDiffusion process) =>
    [
        Table(nameof(process.Betas), process.Betas),
        Table(nameof(process.AlphasCumprod), process.AlphasCumprod),
        Table(nameof(process.AlphasCumprodPrev), process.AlphasCumprodPrev),
        Table(nameof(process.AlphasCumprodNext), process.AlphasCumprodNext),
        Table(nameof(process.SqrtAlphasCumprod), process.SqrtAlphasCumprod),
        Table(nameof(process.SqrtOneMinusAlphasCumprod), process.SqrtOneMinusAlphasCumprod),
        Table(nameof(process.LogOneMinusAlphasCumprod), process.LogOneMinusAlphasCumprod),
        Table(nameof(process.SqrtRecipAlphasCumprod), process.SqrtRecipAlphasCumprod),
        Table(nameof(process.SqrtRecipm1AlphasCumprod), process.SqrtRecipm1AlphasCumprod),
        Table(nameof(process.PosteriorVariance), process.PosteriorVariance),
        Table(nameof(process.PosteriorLogVarianceClipped), process.PosteriorLogVarianceClipped),
        Table(nameof(process.PosteriorMeanCoef1), process.PosteriorMeanCoef1),
        Table(nameof(process.PosteriorMeanCoef2), process.PosteriorMeanCoef2),
        ("fixedlarge_log_variance", process.FixedLargeLogVariance),
    ];

    /// <summary>SHA-256 of a table as little-endian doubles, in lower-case hexadecimal: of the betas, what a schedule is, whatever its name.</summary>
    public static string Sha256(IReadOnlyList<double> table)
    {
        byte[] bytes = new byte[table.Count * sizeof(double)];
        for (int t = 0; t < table.Count; t++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(t * sizeof(double)), table[t]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private static (string Name, IReadOnlyList<double> Values) Table(string member, IReadOnlyList<double> values) => (SpecShape.NameOf(member), values);
}
