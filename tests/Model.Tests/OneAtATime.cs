// Trainings of several tests at once on a few cores hold each other up, and ARCHITECTURE.md, "Native library", on garbage collections.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
