// Trainings of several tests at once on a few cores hold each other up, and see the remark on garbage collection in Directory.Build.props.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
