using DdpmJobs.Chaos.Tests;
using Xunit.MicrosoftTestingPlatform;

return args switch
{
    [TrainHost.Verb, .. string[] rest] => TrainHost.Run(rest),
    [PairHost.Verb, .. string[] rest] => PairHost.Run(rest),
    [KillTable.Verb, .. string[] rest] => KillTable.Run(rest),
    _ => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
};
