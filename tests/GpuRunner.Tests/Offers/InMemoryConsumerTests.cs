using MassTransit;

namespace DdpmJobs.GpuRunner.Tests.Offers;

public sealed class InMemoryConsumerTests : ConsumerConformance
{
    protected override void AddBus(IBusRegistrationConfigurator bus) => bus.UsingInMemory((context, memory) => memory.ConfigureRunnerEndpoints(context));

    protected override Uri Address(string queue) => new($"queue:{queue}");
}
