using DdpmJobs.Benchmarks;
using DdpmJobs.Model.Training;

// As the runner begins.
Relaunch.ForTensors();

// One class a benchmark.
Dictionary<string, (string Summary, Func<string[], int> Run)> benchmarks = new()
{
    ["train-step"] = ("training steps against PyTorch: [cifar10] [small] [digits]", StepBenchmark.Run),
    ["forward"] = ("network evaluations against PyTorch, and against the machine's convolutions: [cifar10] [small] [digits]", ForwardBenchmark.Run),
    ["convolution"] = ("convolutions of 3 x 3 against libtorch's: [CASE ...] [--alone]", ConvolutionBenchmark.Run),
    ["attention"] = ("the products of attention against libtorch's operators", AttentionBenchmark.Run),
    ["features"] = ("passes of the Inception network against PyTorch: [--batch N] [--threads N] [--alone]", FeatureBenchmark.Run),
    ["update"] = ("clipping, optimiser and averages against the memory's speed", UpdateBenchmark.Run),
    ["classifier"] = ("training of the small classifier, and what it knows: [optdigits] [mnist] [cifar10] [--threads N] [--data FOLDER]", ClassifierBenchmark.Run),
    ["statistics"] = ("summing up features against a matrix product", StatisticsBenchmark.Run),
    ["statistics-memory"] = ("peak memory of statistics in ten splits: [NUMBER ...]", StatisticsMemoryBenchmark.Run),
    ["frechet"] = ("a Fréchet distance in 2048 dimensions against one eigh", FrechetBenchmark.Run),
    ["logging"] = ("what measuring and logging cost a training step", LoggingBenchmark.Run),
    ["checkpoint"] = ("how long a checkpoint holds training: [folder]", CheckpointBenchmark.Run),
    ["start"] = ("from a claim to the first training step: [cifar10] [digits] [--threads N] [--data FOLDER] [--parts]", StartBenchmark.Run),
    ["overhead"] = ("what of a training step does not grow with its images, managed code among it", OverheadBenchmark.Run),
    ["threads"] = ("how far the same training is apart on one and on two threads: [--quick]", ThreadsBenchmark.Run),
    ["memory"] = ("peak memory of training steps against PyTorch: [cifar10] [small] [digits]", MemoryBenchmark.Run),
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var chosen))
{
    Console.Error.WriteLine(args.Length == 0 ? "Which benchmark?" : $"There is no benchmark \"{args[0]}\".");
    foreach ((string name, (string summary, _)) in benchmarks)
        Console.Error.WriteLine($"  {name,-17} {summary}");
    return 2;
}

return chosen.Run(args[1..]);
