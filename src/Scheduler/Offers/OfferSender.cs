using System.Threading.Channels;
using DdpmJobs.Tracking.Contracts;
using DdpmJobs.Tracking.Jobs;
using MassTransit;

namespace DdpmJobs.Scheduler.Offers;

/// <summary>Sends offers in the background. An offer is a hint: it may be lost, and a broker that is down never holds anybody up.</summary>
/// <param name="bus">RabbitMQ or in memory.</param>
/// <param name="options">Decides how long an unread offer is worth keeping.</param>
/// <param name="logger">Told once when sending fails and once when it works again.</param>
public sealed class OfferSender(IBus bus, SchedulerOptions options, ILogger<OfferSender> logger) : BackgroundService
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(3);

    private readonly Channel<JobOffer> _waiting =
        Channel.CreateBounded<JobOffer>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private bool _failing;

    /// <summary>Puts offers in line and returns at once.</summary>
    public void Send(IReadOnlyList<JobOffer> offers)
    {
        foreach (JobOffer offer in offers)
        {
            _waiting.Writer.TryWrite(offer);
        }
    }

    /// <summary>Where offers of a job go on a bus.</summary>
    /// <param name="busAddress">The bus's own address; its scheme tells the transport.</param>
    /// <param name="offer">The offer.</param>
    /// <remarks>On RabbitMQ <c>queue:</c> would declare the queue again without its quorum type, which the broker refuses and MassTransit retries for ever;
    /// <c>exchange:</c> leaves the queue to the runners.</remarks>
    public static Uri AddressOf(Uri busAddress, JobOffer offer)
    {
        ArgumentNullException.ThrowIfNull(busAddress);
        ArgumentNullException.ThrowIfNull(offer);
        string scheme = busAddress.Scheme is "rabbitmq" or "rabbitmqs" or "amqp" or "amqps" ? "exchange" : "queue";
        return new Uri($"{scheme}:{QueueNames.Of(offer.Kind, offer.Pool)}");
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (JobOffer offer in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                timeout.CancelAfter(SendTimeout);
                await SendAsync(offer, timeout.Token);
                if (_failing)
                {
                    _failing = false;
                    logger.OffersWork();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Forget what waits: each would wait for its own timeout, and the reconciler offers again.
                while (_waiting.Reader.TryRead(out _))
                {
                }

                if (!_failing)
                {
                    _failing = true;
                    logger.OffersFail(e is OperationCanceledException ? "no answer from the broker" : e.Message);
                }
            }
        }
    }

    private async Task SendAsync(JobOffer offer, CancellationToken cancel)
    {
        ISendEndpoint endpoint = await bus.GetSendEndpoint(AddressOf(bus.Address, offer)).WaitAsync(cancel);
        object message = offer.Kind switch
        {
            JobKind.Train => new TrainJob(offer.JobId),
            JobKind.Evaluate => new EvaluateJob(offer.JobId),
            JobKind.Sample => new SampleJob(offer.JobId),
            _ => throw new ArgumentOutOfRangeException(nameof(offer), offer.Kind, "No message for this kind of job."),
        };

        // Without a runner the queue would grow with every repetition: let stale offers expire.
        await endpoint.Send(message, Pipe.Execute<SendContext>(context => context.TimeToLive = 4 * options.OfferAgainAfter), cancel).WaitAsync(cancel);
    }
}
