using DdpmJobs.Benchmarks;

return DigitsBenchmark.Run(args);
