using System.Threading.Channels;

namespace DdpmJobs.GpuRunner.Offers;

/// <summary>Where offers wait for a free slot. An offer only says when and where to look first, so any of them may be forgotten.</summary>
public sealed class JobIntake
{
    /// <summary>More than the slots of one runner; what is forgotten beyond it is found by asking the store.</summary>
    private const int Capacity = 64;

    private readonly Channel<Guid> _offers = Channel.CreateBounded<Guid>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Notes that a job is ready; returns at once.</summary>
    public void Offer(Guid jobId) => _offers.Writer.TryWrite(jobId);

    /// <summary>Takes an offer if one waits.</summary>
    public Guid? Take() => _offers.Reader.TryRead(out Guid jobId) ? jobId : null;

    /// <summary>Waits for an offer, or until it is time to ask the store without one.</summary>
    /// <returns>The offered job, or null after <paramref name="atMost"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> came first.</exception>
    public async Task<Guid?> WaitAsync(TimeSpan atMost, TimeProvider clock, CancellationToken cancel)
    {
        using CancellationTokenSource poll = new(atMost, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(poll.Token, cancel);
        try
        {
            return await _offers.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
