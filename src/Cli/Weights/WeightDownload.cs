using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Cli.Weights;

/// <summary>Downloads published weights. What broke off lies beside their place as <c>NAME.part</c>, and the next download goes on from there.</summary>
/// <param name="progress">Where it says how far it is.</param>
internal sealed class WeightDownload(TextWriter progress)
{
    private const int Portion = 1 << 16;
    private const int Parts = 10; // lines of progress

    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <summary>Downloads, checks, and only then gives the file its name.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="weights">What it must be.</param>
    /// <param name="folder">Where to; made where it is missing.</param>
    /// <param name="cancel">Ends the work; what is there so far stays.</param>
    /// <returns>The file.</returns>
    /// <exception cref="CliException">It cannot be had, or is not what was published.</exception>
    public async Task<string> RunAsync(Uri source, PublishedWeights weights, WeightsFolder folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder.Path);
        string place = folder.PlaceOf(weights);
        string part = $"{place}.part";
        await using (FileStream file = Hold(part))
        {
            if (file.Length > weights.Length)
            {
                file.SetLength(0);
            }

            if (file.Length < weights.Length)
            {
                await FetchAsync(source, weights, file, cancel);
            }
        }

        try
        {
            WeightStore.Accept(weights, part, place, cancel);
        }
        catch (CliException)
        {
            // To go on from what is wrong would never come right.
            File.Delete(part);
            throw;
        }

        return place;
    }

    private static FileStream Hold(string part)
    {
        try
        {
            return new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(part))
        {
            throw new CliException($"{part} is in use: another process downloads it; wait for that one.", e);
        }
    }

    private async Task FetchAsync(Uri source, PublishedWeights weights, FileStream file, CancellationToken cancel)
    {
        using HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = LongestSilence }) { Timeout = Timeout.InfiniteTimeSpan };
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            silence.CancelAfter(LongestSilence);
            using HttpRequestMessage request = new(HttpMethod.Get, source);
            if (file.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(file.Length, null);
            }

            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            Begin(source, weights, response, file);
            await using Stream content = await response.Content.ReadAsStreamAsync(silence.Token);
            byte[] portion = new byte[Portion];
            while (true)
            {
                silence.CancelAfter(LongestSilence);
                int read = await content.ReadAsync(portion, silence.Token);
                if (read == 0)
                {
                    break;
                }

                if (file.Position + read > weights.Length)
                {
                    file.SetLength(0);
                    throw new CliException($"{source} sends more than the {weights.Length} bytes of {weights.FileName}; it is another file.");
                }

                long before = file.Position * Parts / weights.Length;
                await file.WriteAsync(portion.AsMemory(0, read), cancel);
                if (file.Position * Parts / weights.Length > before)
                {
                    progress.WriteLine($"ddpm: {weights.FileName}: {file.Position:n0} of {weights.Length:n0} bytes");
                }
            }

            if (file.Position < weights.Length)
            {
                throw new CliException(BrokenOff(file, weights, "the server ended it"));
            }
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or IOException { InnerException: SocketException } || e is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            string reason = e is OperationCanceledException ? $"nothing came for {Wording.Duration(LongestSilence)}" : e.Message.TrimEnd('.');
            throw new CliException(BrokenOff(file, weights, $"{source}: {reason}"), e);
        }
    }

    // Where the server knows no ranges, it begins anew, and so does the file.
    private static void Begin(Uri source, PublishedWeights weights, HttpResponseMessage response, FileStream file)
    {
        long? all = response.Content.Headers.ContentLength;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            all = range?.Length;
            if (range?.From != file.Length)
            {
                throw new CliException($"{source} was asked for the bytes from {file.Length} on and sends others ({range}); remove {file.Name} to begin anew.");
            }
        }
        else if (response.StatusCode == HttpStatusCode.OK)
        {
            file.SetLength(0);
        }
        else
        {
            throw new CliException($"{source} answers {(int)response.StatusCode} {response.ReasonPhrase}; get the file in another way, and add it by its path.");
        }

        if (all is not null && all != weights.Length)
        {
            throw new CliException($"{source} has {all} bytes, but {weights.FileName} has {weights.Length}; it is another file.");
        }

        file.Position = file.Length;
    }

    private static string BrokenOff(FileStream file, PublishedWeights weights, string reason) =>
        $"the download broke off after {file.Length} of {weights.Length} bytes ({reason}); the same command goes on from there.";
}
