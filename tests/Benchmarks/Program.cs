using DdpmJobs.Benchmarks;

return args is ["checkpoint", ..] ? CheckpointBenchmark.Run(args[1..]) : DigitsBenchmark.Run(args);
