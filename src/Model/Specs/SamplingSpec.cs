using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;

namespace DdpmJobs.Model.Specs;

/// <summary>What is drawn from the trained network.</summary>
public sealed record SamplingSpec : IRunCheck
{
    /// <summary>The reverse process.</summary>
    [Description("the reverse process")]
    public Sampler Sampler { get; init; } = new DdimSampler();

    /// <summary>What is drawn: images from noise, or what shows how they come about.</summary>
    [Description("what is drawn: images from noise, or what shows how they come about")]
    public SampleMode Mode { get; init; } = new SamplesMode();

    /// <summary>How many: images, or ways between two images; each mode says of what.</summary>
    [Description("how many: images, or ways between two; each mode says of what")]
    [Range(1, 1_000_000)]
    public int Count { get; init; } = 64;

    /// <summary>Images a network call; no effect on the images.</summary>
    [Description("images a network call; no effect on the images")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Columns of the grid picture; without effect where the mode's rows have a length of their own.</summary>
    [Description("columns of the grid picture, where the mode does not decide them")]
    [Range(1, 1024)]
    public int Columns { get; init; } = 8;

    /// <summary>Which weights are sampled: <c>raw</c>, or <c>ema.0</c> for the first moving average of the training, <c>ema.1</c> for the second and so on.</summary>
    [Description("which weights are sampled: raw, or ema.0 for the first moving average and so on")]
    public string Weights { get; init; } = WeightChoice.FirstEma;

    /// <summary>Which state of the training is sampled.</summary>
    [Description("which state of the training is sampled: the last, or the best by the first metric of training.validation")]
    public CheckpointChoice Checkpoint { get; init; }

    /// <summary>Labels of the images, in turn: image i, or way i, has the label at i modulo their number. Null for every class of the network.</summary>
    [Description("labels of the images, in turn; null for every class of the network; images of the data have their own")]
    [MinLength(1)]
    public IReadOnlyList<int>? Classes { get; init; }

    /// <summary>
    /// s of classifier-free guidance, eps = eps_u + s (eps_c - eps_u): 1 for the conditional network as it is, 0 for the unconditional one, above 1 for images
    /// more typical of their class. Every value but 0 and 1 costs two network evaluations where there was one.
    /// </summary>
    [Description("s of classifier-free guidance, eps_u + s (eps_c - eps_u); 1 for none")]
    [Range(0.0, 1000.0)]
    public double GuidanceScale { get; init; } = 1;

    /// <summary>Calls of a network with so many labels for each call that the sampler makes: guidance asks without labels too.</summary>
    internal int CallsPerStep(int labelCount) => labelCount > 0 && GuidanceScale is not (0 or 1) ? 2 : 1;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        WeightChoice.Check(Weights, run, path);
        ValidationSpec.RequireFor(Checkpoint, run, path);
        int known = run.Network.LabelCount;
        if (known == 0 && (Classes is not null || GuidanceScale != 1))
        {
            throw new SpecException(SpecPath.Member(path, Classes is null ? "guidance_scale" : "classes"),
                "needs a network that is given labels; set network.classes, or leave it out");
        }

        if (GuidanceScale != 1 && run.Training.LabelDropout == 0)
        {
            throw new SpecException(SpecPath.Member(path, "guidance_scale"),
                $"is {GuidanceScale}, which asks the network without labels too, but training.label_dropout 0 never shows it an image without; set label_dropout, as to 0.1");
        }

        for (int i = 0; i < (Classes?.Count ?? 0); i++)
        {
            if (Classes![i] < 0 || Classes[i] >= known)
                throw new SpecException(SpecPath.Element(SpecPath.Member(path, "classes"), i), $"must be a class of the network, 0 to {known - 1}; got {Classes[i]}");
        }
    }
}
