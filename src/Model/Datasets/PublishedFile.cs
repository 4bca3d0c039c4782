namespace DdpmJobs.Model.Datasets;

/// <summary>A file as its authors publish it. One of another length may be another set in the same format; one of the same length must be the same.</summary>
/// <param name="Length">Bytes unpacked; null when every length must be the same file.</param>
/// <param name="Sha256">Of the unpacked content, in lower-case hexadecimal.</param>
internal sealed record PublishedFile(long? Length, string Sha256);
