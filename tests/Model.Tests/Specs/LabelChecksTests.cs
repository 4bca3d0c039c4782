using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class LabelChecksTests
{
    private static RunSpec Run(int classes, double dropout = 0, double guidance = 1, IReadOnlyList<int>? labels = null) => new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Multipliers = [1, 2], Attention = [4], Classes = classes },
        Training = new TrainingSpec { LabelDropout = dropout },
        Sampling = new SamplingSpec { GuidanceScale = guidance, Classes = labels },
    };

    private static string Refusal(RunSpec run)
    {
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        return $"{error.Path} {error.Reason}";
    }

    [Fact]
    public void Check_LabelsThatGoTogether_Passes()
    {
        RunChecks.Check(Run(10));
        RunChecks.Check(Run(10, dropout: 0.1, guidance: 3, labels: [0, 9]));
        RunChecks.Check(Run(12, dropout: 1, guidance: 0));
    }

    [Fact]
    public void Check_FewerClassesThanTheData_IsRefused() => Assert.Equal("network.classes must be at least the 10 classes of the data; got 9", Refusal(Run(9)));

    [Fact]
    public void Check_LabelDropoutWithoutLabels_IsRefused() => Assert.StartsWith("training.label_dropout is 0.1, but the network is given no labels", Refusal(Run(0, dropout: 0.1)));

    [Fact]
    public void Check_GuidanceWithoutLabels_IsRefused() => Assert.StartsWith("sampling.guidance_scale needs a network that is given labels", Refusal(Run(0, guidance: 2)));

    [Fact]
    public void Check_ClassesWithoutLabels_IsRefused() => Assert.StartsWith("sampling.classes needs a network that is given labels", Refusal(Run(0, labels: [1])));

    [Fact]
    public void Check_GuidanceWithoutDropout_IsRefused() => Assert.StartsWith("sampling.guidance_scale is 2, which asks the network without labels too", Refusal(Run(10, guidance: 2)));

    [Fact]
    public void Check_ClassThatIsNone_IsRefused() => Assert.Equal("sampling.classes[1] must be a class of the network, 0 to 9; got 10", Refusal(Run(10, labels: [1, 10])));
}
