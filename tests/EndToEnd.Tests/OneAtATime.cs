// Each of these starts several processes and takes servers away; one at a time they disturb nobody.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
