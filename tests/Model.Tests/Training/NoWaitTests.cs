using System.Reflection;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>
/// No step waits for its device. Shown on libtorch's meta device, which knows shapes and no numbers: whatever asks for a number, as the host does when it waits, throws there.
/// </summary>
public sealed class NoWaitTests
{
    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Process = new ProcessSpec { Timesteps = 10 },
        Network = Small("ddpm_unet"),
        Training = new TrainingSpec { BatchSize = 8, HorizontalFlip = true, LabelDropout = 0.1, Ema = [new ConstantEma(), new PowerFunctionEma()] },
    };

    // The bound chooses between its terms by an operator that the meta device does not have.
    public static TheoryData<Objective> Objectives => [.. typeof(Objective).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract).Select(type => (Objective)Activator.CreateInstance(type)!).Where(objective => !objective.TrainsVariance)];

    public static TheoryData<Optimizer> Optimizers => ResumeTests.Optimizers;

    public static TheoryData<string> Networks => ["ddpm_unet", "improved_unet"];

    [Fact]
    public void Meta_ANumberIsAskedFor_Throws()
    {
        using Tensor there = zeros(3, device: META);
        Assert.ThrowsAny<Exception>(() => there.sum().item<float>());
        Assert.ThrowsAny<Exception>(() => there.cpu());
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void To_AnotherDevice_TakesEveryParameterAlongUnderItsName(string kind)
    {
        using nn.Module<Tensor, Tensor, Tensor> network = Small(kind).Build(1, 1, 8, 0, new DropoutContext(0));
        string[] names = [.. network.named_parameters().Select(parameter => parameter.name)];
        network.to(META);
        Assert.Equal(names, network.named_parameters().Select(parameter => parameter.name));
        Assert.All(network.parameters(), parameter => Assert.True(parameter.is_meta));

        // The layers compute with those that were moved.
        Parameter[] used = [.. network.modules().Distinct().SelectMany(module => module.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(Parameter)).Select(field => (Parameter)field.GetValue(module)!))];
        Assert.Equal(names.Length, used.Length);
        Assert.All(used, parameter => Assert.Contains(network.parameters(), moved => ReferenceEquals(moved, parameter)));
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Step_EverySquaredError_AsksForNoNumber(Objective objective) => Step(Spec with { Objective = objective });

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Step_EveryOptimizerAndKnob_AsksForNoNumber(Optimizer optimizer) => Step(Spec with
    {
        Process = Spec.Process with { RescaleTimesteps = true },
        Training = Spec.Training with { Accumulation = 2, ClipReplicas = 4, Precision = Precision.Bf16, Optimizer = optimizer, Decay = new CosineDecay() },
    });

    private static Network Small(string kind) => kind == "ddpm_unet"
        ? new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4, Dropout = 0.3, Classes = 10 }
        : new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Dropout = 0.3, Classes = 10, CheckpointBlocks = true };

    private static void Step(RunSpec spec)
    {
        RunChecks.Check(spec);
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel diffusion = DiffusionModel.From(spec.Process);
        DropoutContext dropout = new(spec.Seed);
        DenseNetwork network = new(diffusion.OutputChannels(1), dropout);
        FlatParameters parameters = new(network, META);
        Tensor[] slots = [.. spec.Training.Optimizer.Slots.Select(_ => FlatParameters.Like(parameters.Gradients))];
        Tensor[] averages = [.. spec.Training.Ema.Select(_ => FlatParameters.Like(parameters.Values))];
        Batch batch = new BatchSource(spec, spec.Data.Load(Split.Train, null), META).Draw(2);
        Tensor losses = new StepGradient(spec, diffusion, network, dropout, parameters.Gradients).Take(batch, 2);
        (Tensor norm, _) = WeightUpdate.Apply(spec.Training, 2, parameters.Values, parameters.Gradients, slots, averages);
        Assert.All((Tensor[])[losses, norm, parameters.Gradients, averages[1]], tensor => Assert.True(tensor.is_meta));
        Assert.Equal(8, losses.shape[0]);
    }
}
