namespace DdpmJobs.Tracking.Tests.Conformance;

/// <summary>A suite that every store must pass; one subclass a store.</summary>
public abstract class StoreSuite(bool postgres)
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected Task<Store> CreateAsync() => Store.CreateAsync(postgres);
}
