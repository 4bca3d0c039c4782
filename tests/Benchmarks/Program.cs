using DdpmJobs.Benchmarks;

return args switch
{
    ["start", .. string[] rest] => StartBenchmark.Run(rest),
    ["threads", .. string[] rest] => ThreadsBenchmark.Run(rest),
    _ => DigitsBenchmark.Run(args),
};
