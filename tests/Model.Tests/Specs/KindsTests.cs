using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class KindsTests
{
    [Fact]
    public void Families_Assembly_HasEveryFamily() => Assert.Equal(
        ["dataset", "ema", "feature_space", "learning_rate_decay", "metric", "network", "objective", "optimizer", "prediction", "reference_images", "resize", "sample_mode", "sampler", "schedule", "timestep_sampler", "variance", "weighting"],
        Kinds.Families().Select(f => f.Name));

    [Fact]
    public void Families_EveryKind_IsDescribedWithItsSource()
    {
        foreach (KindFamily family in Kinds.Families())
        {
            Assert.NotEmpty(family.Kinds);
            foreach (KindInfo kind in family.Kinds)
            {
                Assert.True(IsWritten(kind.Summary), $"{family.Name} {kind.Name} has no summary.");
                Assert.True(IsWritten(kind.Source), $"{family.Name} {kind.Name} has no source.");
                Assert.All(kind.Parameters, p => Assert.True(IsWritten(p.Description), $"{family.Name} {kind.Name}.{p.Name} has no description."));
            }
        }
    }

    [Fact]
    public void Families_EveryParameter_HasTypeInWords() =>
        Assert.All(Kinds.Families().SelectMany(f => f.Kinds).SelectMany(k => k.Parameters), p => Assert.NotEmpty(p.Type));

    [Fact]
    public void Families_DdpmUnet_ListsParametersWithDefaults()
    {
        KindInfo unet = Kinds.Families().Single(f => f.Name == "network").Kinds.Single(k => k.Name == "ddpm_unet");

        KindParameter multipliers = unet.Parameters.Single(p => p.Name == "multipliers");
        Assert.Equal("list of whole numbers", multipliers.Type);
        Assert.Equal("[1,2,2,2]", multipliers.Default!.ToJsonString());
        Assert.Equal("between 1 and 64", unet.Parameters.Single(p => p.Name == "blocks").Range);
    }

    [Fact]
    public void NameOf_Component_IsItsKind() => Assert.Equal("circle", Kinds.NameOf(new Circle()));

    private static bool IsWritten(string text) => text.Trim().Length > 0 && !text.Contains("TODO", StringComparison.Ordinal);
}
