using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The gradient of a 3 × 3 convolution's weights and bias: products of the transforms of input and output's gradient (<see cref="WinogradTransforms"/>), added up over the tiles of all images.</summary>
/// <remarks>The points are gone through a row of four at a time, and as many tiles as the last cache has room for.</remarks>
internal unsafe struct WinogradGradient
{
    // Tiles of a slice of those whose products are added up at a time: one panel of a slice fits the first cache.
    private const int Slice = 256;

    // Tiles of one part of the transforms.
    private const int Part = 8;

    // Rows of the products of one part: whole ones, whether six or eight are multiplied at once.
    private const int RowsPerPart = 48;

    // Numbers of the transforms whose products are added up at a time, at a row of points: a part of the last cache.
    private const int SummedNumbers = 1 << 19;

    /// <summary>What was convolved.</summary>
    public WinogradShape Shape;

    /// <summary>Input, (N, H, W, In).</summary>
    public float* X;

    /// <summary>(N, H', W', Out).</summary>
    public float* OutputGradient;

    /// <summary>Room for a row of the transforms of <see cref="Summed"/> tiles of the input, slice by slice, in panels of channels, <see cref="InputPlane"/> apart.</summary>
    public float* InputPoints;

    /// <summary>Room for the same of the output's gradient, <see cref="OutputPlane"/> apart.</summary>
    public float* OutputPoints;

    /// <summary>The sums over tiles of the products of both: sixteen times (Out, In), <see cref="SumPlane"/> apart.</summary>
    public float* Sums;

    /// <summary>The sums over all pixels of the output's gradient, (Out,).</summary>
    public double* BiasSums;

    /// <summary>Takes the gradient of the weights, (Out, 3, 3, In).</summary>
    public float* Weights;

    /// <summary>The first tile of those that are added up now.</summary>
    public int FirstSummed;

    /// <summary>The row of points that is added up now.</summary>
    public int Row;

    /// <summary>Tiles whose products are added up at a time, whole slices of them.</summary>
    public int Summed;

    /// <summary>Distance of the planes of <see cref="InputPoints"/>.</summary>
    public readonly long InputPlane => (long)Summed * Panels.Whole(Shape.In) + WinogradShape.Apart;

    /// <summary>Distance of the planes of <see cref="OutputPoints"/>.</summary>
    public readonly long OutputPlane => (long)Summed * OutputStride + WinogradShape.Apart;

    /// <summary>Distance of the planes of <see cref="Sums"/>.</summary>
    public readonly long SumPlane => (long)Shape.Out * Shape.In + WinogradShape.Apart;

    /// <summary>Parts of <see cref="TransformInputs"/>.</summary>
    public readonly int InputParts => (SummedTiles + Part - 1) / Part;

    /// <summary>Parts of <see cref="AddProducts"/>.</summary>
    public readonly int ProductParts => WinogradShape.Reach * PartsOfPoint;

    // Tiles that are added up now.
    private readonly int SummedTiles => Math.Min(Summed, Shape.Tiles - FirstSummed);

    private readonly long SlicePlane => (long)Slice * Panels.Whole(Shape.In);

    private readonly int OutputStride => Shape.Out + WinogradShape.Apart;

    private readonly int PartsOfPoint => (Shape.Out + RowsPerPart - 1) / RowsPerPart;

    /// <summary>Sets <see cref="Summed"/>.</summary>
    public void Divide()
    {
        int tiles = Math.Min(SummedNumbers / (WinogradShape.Reach * (Shape.In + Shape.Out)), Shape.Tiles);
        Summed = Math.Max((tiles + Slice - 1) / Slice, 1) * Slice;
    }

    /// <summary>Transforms the input and the gradient of the output, for a range of <see cref="InputParts"/> of the tiles that are added up now; the context is one of these.</summary>
    public static void TransformInputs<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradGradient work = *(WinogradGradient*)context;
        WinogradShape shape = work.Shape;
        int channels = Math.Max(shape.In, shape.Out);
        float* zeros = Vectors.Room(channels);
        new Span<float>(zeros, channels).Clear();
        float** pixels = stackalloc float*[WinogradShape.Points];
        for (int i = first * Part; i < Math.Min(end * Part, work.SummedTiles); i++)
        {
            (int one, int other) = (WinogradTransforms.FirstOf(work.Row), WinogradTransforms.SecondOf(work.Row));
            shape.PointToInput(work.X, work.FirstSummed + i, Math.Min(one, other), Math.Max(one, other) + 1, zeros, pixels);
            float* slice = work.InputPoints + i / Slice * work.SlicePlane;
            WinogradTransforms.InputRow<TLanes>(work.Row, pixels, shape.In, slice + i % Slice * Panels.Columns<TLanes>(), (nint)work.InputPlane, work.TilesOf(i / Slice) * Panels.Columns<TLanes>());
            shape.PointToOutput(work.OutputGradient, work.FirstSummed + i, zeros, pixels);
            WinogradTransforms.OutputGradientRow<TLanes>(work.Row, pixels, shape.Out, work.OutputPoints + (long)i * work.OutputStride, (nint)work.OutputPlane);
        }

        NativeMemory.AlignedFree(zeros);
    }

    /// <summary>Adds up the products of the transforms, for a range of <see cref="ProductParts"/>; the context is one of these.</summary>
    public static void AddProducts<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradGradient work = *(WinogradGradient*)context;
        WinogradShape shape = work.Shape;
        for (int part = first; part < end; part++)
        {
            (int column, int piece) = Math.DivRem(part, work.PartsOfPoint);
            int row = piece * RowsPerPart;
            int rows = Math.Min(RowsPerPart, shape.Out - row);
            float* gradients = work.OutputPoints + column * work.OutputPlane + row;
            float* sums = work.Sums + (work.Row * WinogradShape.Reach + column) * work.SumPlane + (long)row * shape.In;
            for (int slice = 0; slice * Slice < work.SummedTiles; slice++)
            {
                float* inputs = work.InputPoints + column * work.InputPlane + slice * work.SlicePlane;
                float* outputs = gradients + (long)slice * Slice * work.OutputStride;
                Panels.Multiply<TLanes>(outputs, 1, work.OutputStride, inputs, work.TilesOf(slice), sums, rows, shape.In, adds: slice > 0 || work.FirstSummed > 0);
            }

            if (work.Row == 1 && column == 1)
                work.AddBias<TLanes>(gradients, row, rows);
        }
    }

    /// <summary>Transforms the sums into the gradient of the weights, for a range of channels of the output; the context is one of these.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformSums<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradGradient work = *(WinogradGradient*)context;
        int channels = work.Shape.In;
        for (int row = first; row < end; row++)
        {
            float* from = work.Sums + (long)row * channels;
            float* to = work.Weights + 9L * row * channels;
            for (int channel = 0; channel < channels; channel += TLanes.Count)
                WinogradTransforms.KernelGradient<TLanes>(from + channel, (nint)work.SumPlane, to + channel, channels);
        }
    }

    private readonly int TilesOf(int slice) => Math.Min(Slice, SummedTiles - slice * Slice);

    // At the point (1, 1) the transform of a gradient is the sum of its four pixels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddBias<TLanes>(float* gradients, int first, int channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int channel = 0; channel < channels; channel += TLanes.Count)
        {
            TLanes sum = TLanes.Of(0);
            for (int i = 0; i < SummedTiles; i++)
                sum += TLanes.Load(gradients + (long)i * OutputStride + channel);
            sum.AddTo(BiasSums + first + channel);
        }
    }
}
