using System.CommandLine;
using System.Net;
using DdpmJobs.Cli.Client;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm cancel</c> and <c>ddpm retry</c>: what a person asks of a sweep or a job.</summary>
internal static class RequestVerb
{
    public static Command Cancel(Terminal terminal) => Create(terminal, "cancel", "Stops a sweep or one job; a running job stops within a heartbeat and keeps its last checkpoint.");

    public static Command Retry(Terminal terminal) => Create(terminal, "retry", "Tries the failed and cancelled jobs of a sweep again, or one job; trainings go on from their last checkpoint.");

    private static Command Create(Terminal terminal, string request, string about)
    {
        Argument<string> what = new("WHAT") { Description = "A sweep (its id, the first 6 or more digits of it, or its name) or a job (its id)." };
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new(request, about) { what, server, json };
        verb.SetAction(async (line, cancel) =>
        {
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            RequestReply reply = await AskAsync(api, line.GetRequiredValue(what), request, cancel);
            if (line.GetValue(json))
            {
                terminal.WriteJson(reply);
            }
            else
            {
                terminal.Out.WriteLine(reply.Message);
            }

            return 0;
        });
        return verb;
    }

    private static async Task<RequestReply> AskAsync(ApiClient api, string what, string request, CancellationToken cancel)
    {
        try
        {
            return await api.AskSweepAsync(what, request, cancel);
        }
        catch (ServerException e) when (e.Status == HttpStatusCode.NotFound && Guid.TryParse(what, out Guid job))
        {
            return await api.AskJobAsync(job, request, cancel);
        }
    }
}
