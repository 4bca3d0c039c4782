using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>A 3 × 3 convolution, or the gradient of its input, as products of matrices at each of the sixteen points of its tiles' transforms (<see cref="WinogradTransforms"/>), which take 4 multiplications in place of 9.</summary>
/// <remarks>The points are gone through a row of four at a time, so that what lies between two transforms stays in the second cache.</remarks>
internal unsafe struct WinogradProducts
{
    // Numbers of a block's transforms, of the input and of the output, at a row of points: half the second cache of the smaller processors.
    private const int BlockNumbers = 1 << 16;

    // Fewer tiles would read the transform of the weights too often; of whole ones of these no rows are left over, whether six or eight are multiplied at once.
    private const int FewestTiles = 48;
    private const int WholeRows = 24;

    private const int Outputs = WinogradShape.Side * WinogradShape.Side;

    private const int PartColumns = 2 * Vectors.Lanes;

    /// <summary>What is convolved.</summary>
    public WinogradShape Shape;

    /// <summary>Input, (N, H, W, In).</summary>
    public float* X;

    /// <summary>Takes the output, (N, H', W', Out).</summary>
    public float* Y;

    /// <summary>What each output begins with, (Out,); null for nothing.</summary>
    public float* Bias;

    /// <summary>The weights, (Out, 3, 3, In); for the gradient of an input those of the convolution that it went through, (In, 3, 3, Out).</summary>
    public float* Weights;

    /// <summary>The transform of the weights: sixteen times (In, Out) in <see cref="Panels"/>, <see cref="KernelPlane"/> apart.</summary>
    public float* Kernels;

    /// <summary>Tiles of a block of <see cref="Convolve"/>.</summary>
    public int BlockTiles;

    /// <summary>Parts of <see cref="TransformKernels"/>: the widest panels.</summary>
    public readonly int KernelParts => Panels.Whole(Shape.Out) / PartColumns;

    /// <summary>Distance of the planes of <see cref="Kernels"/>.</summary>
    public readonly long KernelPlane => (long)Shape.In * Panels.Whole(Shape.Out) + WinogradShape.Apart;

    /// <summary>Blocks of <see cref="Convolve"/>.</summary>
    public readonly int Blocks => (Shape.Tiles + BlockTiles - 1) / BlockTiles;

    /// <summary>Sets <see cref="BlockTiles"/>, to as many as the cache holds, but so few that all threads have work.</summary>
    public void Divide(int threads)
    {
        int most = Math.Max(BlockNumbers / (WinogradShape.Reach * (Shape.In + Shape.Out)) / WholeRows * WholeRows, FewestTiles);
        BlockTiles = Math.Min(most, (Shape.Tiles + threads - 1) / threads);
    }

    /// <summary>Transforms the weights for the convolution, for a range of <see cref="KernelParts"/>; the context is one of these.</summary>
    public static void TransformKernels<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
        float* points = Vectors.Room(WinogradShape.Points * PartColumns * Vectors.Lanes);
        for (int part = first; part < end; part++)
            work.KernelPart<TLanes>(part * PartColumns, points);
        NativeMemory.AlignedFree(points);
    }

    /// <summary>Transforms the weights of a convolution for the gradient of its input, for a range of <see cref="KernelParts"/>; the context is one of these, of the convolution that gives the gradient.</summary>
    public static void TransformTurnedKernels<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
        for (int part = first; part < end; part++)
            work.TurnedKernelPart<TLanes>(part * PartColumns);
    }

    /// <summary>Convolves a range of blocks of tiles; the context is one of these.</summary>
    public static void Convolve<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
        WinogradShape shape = work.Shape;
        (long inPlane, long outPlane) = ((long)work.BlockTiles * shape.In + WinogradShape.Apart, (long)work.BlockTiles * shape.Out + WinogradShape.Apart);
        float* room = Vectors.Room(WinogradShape.Reach * (inPlane + outPlane) + shape.In + shape.Out);
        float* inPoints = room, outPoints = inPoints + WinogradShape.Reach * inPlane, zeros = outPoints + WinogradShape.Reach * outPlane, unused = zeros + shape.In;
        new Span<float>(zeros, shape.In).Clear();
        float** inputs = (float**)NativeMemory.Alloc((nuint)work.BlockTiles, (nuint)((WinogradShape.Points + Outputs) * sizeof(float*)));
        float** outputs = inputs + WinogradShape.Points * work.BlockTiles;
        for (int block = first; block < end; block++)
        {
            int tile = block * work.BlockTiles;
            int tiles = Math.Min(work.BlockTiles, shape.Tiles - tile);
            for (int i = 0; i < tiles; i++)
            {
                shape.PointToInput(work.X, tile + i, 0, WinogradShape.Reach, zeros, inputs + i * WinogradShape.Points);
                shape.PointToOutput(work.Y, tile + i, unused, outputs + i * Outputs);
            }

            for (int row = 0; row < WinogradShape.Reach; row++)
            {
                for (int i = 0; i < tiles; i++)
                    WinogradTransforms.InputRow<TLanes>(row, inputs + i * WinogradShape.Points, shape.In, inPoints + (long)i * shape.In, (nint)inPlane, Panels.Columns<TLanes>());

                for (int column = 0; column < WinogradShape.Reach; column++)
                {
                    float* kernels = work.Kernels + (row * WinogradShape.Reach + column) * work.KernelPlane;
                    Panels.Multiply<TLanes>(inPoints + column * inPlane, shape.In, 1, kernels, shape.In, outPoints + column * outPlane, tiles, shape.Out, adds: false);
                }

                for (int i = 0; i < tiles; i++)
                    WinogradTransforms.OutputRow<TLanes>(row, outPoints + (long)i * shape.Out, (nint)outPlane, shape.Out, work.Bias, outputs + i * Outputs);
            }
        }

        NativeMemory.Free(inputs);
        NativeMemory.AlignedFree(room);
    }

    // The kernels lie with the input's channels last and are wanted with the output's: each 32 times 16 of them are turned over at every point.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void KernelPart<TLanes>(int first, float* points)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        const int Square = PartColumns * Vectors.Lanes;
        int width = Math.Min(PartColumns, Shape.Out - first);
        for (int row = 0; row < Shape.In; row += Vectors.Lanes)
        {
            for (int i = 0; i < width; i++)
            {
                for (int lane = 0; lane < Vectors.Lanes; lane += TLanes.Count)
                    WinogradTransforms.Kernel<TLanes>(Weights + 9L * (first + i) * Shape.In + row + lane, Shape.In, points + i * Vectors.Lanes + lane, Square);
            }

            for (int panel = 0; panel < PartColumns / Panels.Columns<TLanes>(); panel++)
            {
                float* to = Kernels + (long)(first + panel * Panels.Columns<TLanes>()) * Shape.In + row * Panels.Columns<TLanes>();
                for (int point = 0; point < WinogradShape.Points; point++)
                    Panels.PackOneTransposed<TLanes>(points + point * Square, Vectors.Lanes, width, panel, to + point * KernelPlane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TurnedKernelPart<TLanes>(int first)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int column = first; column < first + PartColumns; column += TLanes.Count)
        {
            (int panel, int within) = Math.DivRem(column, Panels.Columns<TLanes>());
            float* to = Kernels + (long)panel * Panels.Columns<TLanes>() * Shape.In + within;
            for (int row = 0; row < Shape.In; row++, to += Panels.Columns<TLanes>())
            {
                if (column < Shape.Out)
                {
                    WinogradTransforms.Kernel<TLanes>(Weights + (9L * row + 8) * Shape.Out + column, -Shape.Out, to, (nint)KernelPlane);
                    continue;
                }

                for (int point = 0; point < WinogradShape.Points; point++)
                    TLanes.Of(0).Store(to + point * KernelPlane);
            }
        }
    }
}
