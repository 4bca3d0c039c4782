namespace DdpmJobs.Model.Networks.Layers;

/// <summary>What all blocks of one network share while it is built.</summary>
/// <param name="Init">Makes the parameters.</param>
/// <param name="Groups">Groups of each group normalisation.</param>
/// <param name="DropoutRate">Probability of dropping an activation.</param>
/// <param name="Dropout">Draws the dropout masks.</param>
/// <param name="TimeWidth">Width of the embedding of t.</param>
internal sealed record LayerPlan(Initializer Init, int Groups, double DropoutRate, DropoutContext Dropout, int TimeWidth)
{
    private int _dropoutLayers;

    /// <summary>The next dropout layer; they are counted, so that each has its own masks.</summary>
    public DropoutLayer NextDropoutLayer() => new(Dropout, DropoutRate, _dropoutLayers++);
}
