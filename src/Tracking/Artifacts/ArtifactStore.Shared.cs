using System.Security.Cryptography;
using System.Text;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Artifacts;

/// <content>Files that all runs share by name: what is trained or computed once and must be the same for all.</content>
public sealed partial class ArtifactStore
{
    /// <summary>Kind of a file that all runs share; its <see cref="Artifact.Name"/> is what it is found by.</summary>
    public const string SharedKind = "shared_file";

    /// <summary>The content shared under a name.</summary>
    /// <returns>Its SHA-256; null where there is none, or its content is missing or damaged.</returns>
    public async Task<string?> FindSharedAsync(string name, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Guid id = SharedId(name);
        string? sha256 = await db.Artifacts.Where(artifact => artifact.Id == id).Select(artifact => artifact.Sha256).SingleOrDefaultAsync(cancel);
        return sha256 is not null && await _folder.IsSoundAsync(sha256, cancel) ? sha256 : null;
    }

    /// <summary>Shares a file of an attempt under a name. The first one there stays, as long as its content is sound.</summary>
    /// <returns>SHA-256 of what is shared under the name now.</returns>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<string> ShareAsync(Lease lease, string name, string file, CancellationToken cancel)
    {
        if (await FindSharedAsync(name, cancel) is string there)
            return there;
        (string sha256, long bytes) = await _folder.PutAsync(file, cancel);
        try
        {
            await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
            await change.LockHeldAsync(lease, cancel);
            Guid id = SharedId(name);
            string locked = "select * from artifact where id = {0}" + change.Db.Dialect.ForUpdate;
            if (await change.Db.Artifacts.FromSqlRaw(locked, id).AsTracking().SingleOrDefaultAsync(cancel) is Artifact before)
            {
                // Somebody else shared a file meanwhile, or what was shared is damaged.
                if (await _folder.IsSoundAsync(before.Sha256, cancel))
                    return before.Sha256;
                await RenewOrAddAsync(change, sha256, bytes, cancel);
                before.Sha256 = sha256;
            }
            else
            {
                Artifact row = RowOf(change, lease, SharedKind, name, sha256, null);
                (row.Id, row.RunId) = (id, null);
                await AddRowsAsync(change, row, file, bytes, [], cancel);
            }

            await change.CommitAsync(cancel);
            return sha256;
        }
        catch (DbUpdateException)
        {
            // Another runner shared its own in this moment; the key, which follows from the name, let one of us through.
            return await FindSharedAsync(name, cancel) ?? throw new InvalidOperationException($"The shared file {name} could neither be written nor found.");
        }
    }

    // A UUID of version 8, of which a hash may be made: two rows of one name cannot be.
    private static Guid SharedId(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{SharedKind}/{name}"), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
