// Trainings of several tests at once on a few cores hold each other up.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
