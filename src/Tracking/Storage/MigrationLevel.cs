namespace DdpmJobs.Tracking.Storage;

/// <summary>Brings a store to this program's level, or checks that it is there.</summary>
public static class MigrationLevel
{
    /// <summary>Creates or migrates the database.</summary>
    /// <returns>Names of the migrations applied; empty when it was up to date.</returns>
    /// <exception cref="StoreUnavailableException">Not reachable, not writable, or newer than this program.</exception>
    public static Task<IReadOnlyList<string>> MigrateAsync(TrackingDb db, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Checks that the database is reachable and exactly at this program's level.</summary>
    /// <exception cref="StoreUnavailableException">It is not; the message names both levels and says <c>ddpm migrate</c>, or to update the program.</exception>
    public static Task RequireCurrentAsync(TrackingDb db, CancellationToken cancel) => throw new NotImplementedException();
}
