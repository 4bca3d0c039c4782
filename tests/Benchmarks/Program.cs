using DdpmJobs.Benchmarks;

return args is ["logging", ..] ? LoggingBenchmark.Run(args[1..]) : DigitsBenchmark.Run(args);
