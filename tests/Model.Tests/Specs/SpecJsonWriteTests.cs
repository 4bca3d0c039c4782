using System.Text.Json.Nodes;
using CsCheck;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class SpecJsonWriteTests
{
    private static readonly Gen<Shape> Shapes = Gen.OneOf<Shape>(
        Gen.Const((Shape)new Point()),
        Gen.Double[0.001, 10].Select(r => (Shape)new Circle { Radius = r }),
        Gen.Select(Gen.Double[-5, 5], Gen.Double[0.5, 5], (inner, width) => (Shape)new Ring { Inner = inner, Outer = inner + width }));

    private static readonly Gen<Drawing> Drawings = Gen.Select(
        Gen.Select(Shapes, Gen.Int[1, 65536], Gen.Long, Gen.Double[0, 1]),
        Gen.Select(Gen.Double.Where(double.IsFinite).Nullable(), Gen.Bool, Gen.String[Gen.Char.AlphaNumeric, 0, 8], Shapes.Array[1, 3], Gen.Int[1, 9].Array[0, 4]),
        (a, b) => new Drawing
        {
            Main = a.Item1, BatchSize = a.Item2, Seed = a.Item3, Rate = a.Item4,
            Limit = b.Item1, Flip = b.Item2, Title = b.Item3, Others = b.Item4, Sizes = b.Item5,
        });

    [Fact]
    public void Write_Defaults_AreWrittenOutKindFirst() => Assert.Equal(
        """{"main":{"kind":"ring","inner":1,"outer":2},"batch_size":128,"seed":0,"rate":0.5,"limit":null,"flip":false,"title":"untitled","note":null,"others":[{"kind":"point"}],"sizes":[1,2],"border":"none","frame":{"width":3}}""",
        SpecJson.Write(new Drawing { Main = new Ring() }).ToJsonString());

    [Fact]
    public void Canonical_Spec_IsSortedWithoutWhiteSpace() => Assert.Equal(
        """{"batch_size":128,"border":"none","flip":false,"frame":{"width":3},"limit":1E-05,"main":{"inner":1,"kind":"ring","outer":2},"note":"é <","others":[{"kind":"point"}],"rate":0.0001,"seed":0,"sizes":[1,2],"title":"untitled"}""",
        SpecJson.Canonical(new Drawing { Main = new Ring(), Rate = 1e-4, Limit = 1e-5, Note = "é <" }));

    [Fact]
    public void Hash_KnownText_IsItsSha256InLowerCase() =>
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("""{"kind":"circle","radius":1}"""u8)),
            SpecJson.Hash(new Circle()));

    [Theory]
    [InlineData("""{"main": {"kind": "circle", "radius": 2}, "seed": 3}""", """{"seed": 3.0, "main": {"radius": 2.0, "kind": "circle"}}""")]
    [InlineData("""{"main": "circle"}""", """{"main": {"kind": "circle", "radius": 1}, "batch_size": 128}""")]
    [InlineData("""{"main": "point", "limit": 0}""", """{"main": "point", "limit": -0.0}""")]
    [InlineData("""{"main": "point", "limit": 0.0001}""", """{"main": "point", "limit": 1E-4}""")]
    public void Hash_SameSpecWrittenOtherwise_IsTheSame(string first, string second) =>
        Assert.Equal(SpecJson.Hash(SpecJson.ReadText<Drawing>(first)), SpecJson.Hash(SpecJson.ReadText<Drawing>(second)));

    [Theory]
    [InlineData("""{"main": "point", "seed": 1}""")]
    [InlineData("""{"main": "circle"}""")]
    [InlineData("""{"main": "point", "sizes": [2, 1]}""")]
    [InlineData("""{"main": "point", "title": "other"}""")]
    public void Hash_OtherSpec_Differs(string json) =>
        Assert.NotEqual(SpecJson.Hash(new Drawing { Main = new Point() }), SpecJson.Hash(SpecJson.ReadText<Drawing>(json)));

    [Fact]
    public void Write_ReadAgain_WritesTheSame() => Drawings.Sample(drawing =>
    {
        string text = SpecJson.Write(drawing).ToJsonString();
        Drawing again = SpecJson.ReadText<Drawing>(text);
        return SpecJson.Write(again).ToJsonString() == text && again.Main == drawing.Main && again.Seed == drawing.Seed && again.Others.SequenceEqual(drawing.Others);
    }, iter: 500);

    [Fact]
    public void Read_MembersReversed_GivesTheSameHash() => Drawings.Sample(
        drawing => SpecJson.Hash(SpecJson.Read<Drawing>(Reversed(SpecJson.Write(drawing)))) == SpecJson.Hash(drawing), iter: 200);

    // A jsonb column gives members back in an order of its own.
    private static JsonNode? Reversed(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(m => KeyValuePair.Create(m.Key, Reversed(m.Value)))),
        JsonArray elements => new JsonArray([.. elements.Select(Reversed)]),
        _ => node?.DeepClone(),
    };
}
