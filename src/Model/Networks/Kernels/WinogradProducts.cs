using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>A 3 × 3 convolution as products of matrices at each of the sixteen points of its tiles' transforms (<see cref="WinogradTransforms"/>), which take 4 multiplications in place of 9.</summary>
/// <remarks>The points are gone through a row of four at a time, so that what lies between two transforms stays in the second cache.</remarks>
internal unsafe struct WinogradProducts
{
    /// <summary>Tiles of a slice of those whose products are added up at a time: one panel of a slice fits the first cache.</summary>
    public const int Slice = 256;

    /// <summary>Tiles of one part of <see cref="TransformInputs"/>.</summary>
    public const int Part = 8;

    /// <summary>Rows of the products of one part of <see cref="AddProducts"/>.</summary>
    public const int RowsPerPart = 2 * WholeRows;

    // Numbers of a block's transforms, of the input and of the output, at a row of points: half the second cache of the smaller processors.
    private const int BlockNumbers = 1 << 16;

    // Fewer tiles would read the transform of the weights too often; of whole ones of these no rows are left over, whether six or eight are multiplied at once.
    private const int FewestTiles = 48;
    private const int WholeRows = 24;

    // Numbers of the transforms whose products are added up at a time, at a row of points: a part of the last cache.
    private const int SummedNumbers = 1 << 19;

    private const int Outputs = WinogradShape.Side * WinogradShape.Side;

    private const int PartColumns = 2 * Vectors.Lanes;

    // Rows or planes whose distance is a power of two would share few lines of the first cache.
    private const int Apart = Vectors.Lanes;

    /// <summary>What is convolved.</summary>
    public WinogradShape Shape;

    /// <summary>Input, (N, H, W, In).</summary>
    public float* X;

    /// <summary>Output, (N, H', W', Out), or its gradient.</summary>
    public float* Y;

    /// <summary>What each output begins with, (Out,); null for nothing.</summary>
    public float* Bias;

    /// <summary>The weights, (Out, 3, 3, In); for the gradient of an input those of the convolution that it went through, (In, 3, 3, Out).</summary>
    public float* Weights;

    /// <summary>The transform of the weights: sixteen times (In, Out) in <see cref="Panels"/>, <see cref="KernelPlane"/> apart.</summary>
    public float* Kernels;

    /// <summary>Room for a row of the transforms of <see cref="Summed"/> tiles of the input, slice by slice,, in panels of channels, <see cref="InputPlane"/> apart.</summary>
    public float* InputPoints;

    /// <summary>Room for the same of the output's gradient, <see cref="OutputPlane"/> apart.</summary>
    public float* OutputPoints;

    /// <summary>The sums over tiles of the products of both: sixteen times (Out, In), <see cref="SumPlane"/> apart.</summary>
    public float* Sums;

    /// <summary>The sums over all pixels of the output's gradient, (Out,).</summary>
    public double* BiasSums;

    /// <summary>Takes the gradient of the weights, (Out, 3, 3, In).</summary>
    public float* WeightGradient;

    /// <summary>The first tile of those that are added up now.</summary>
    public int FirstSummed;

    /// <summary>The row of points that is added up now.</summary>
    public int Row;

    /// <summary>Tiles of a block of <see cref="Convolve"/>.</summary>
    public int BlockTiles;

    /// <summary>Tiles whose products the gradient of the weights adds up at a time, a multiple of <see cref="Slice"/>.</summary>
    public int Summed;

    /// <summary>Parts of <see cref="TransformKernels"/>: the widest panels.</summary>
    public readonly int KernelParts => Panels.Whole(Shape.Out) / PartColumns;

    /// <summary>Distance of the planes of <see cref="Kernels"/>.</summary>
    public readonly long KernelPlane => (long)Shape.In * Panels.Whole(Shape.Out) + Apart;

    /// <summary>Distance of the planes of <see cref="InputPoints"/>.</summary>
    public readonly long InputPlane => (long)Summed * Panels.Whole(Shape.In) + Apart;

    /// <summary>Distance of the planes of <see cref="OutputPoints"/>.</summary>
    public readonly long OutputPlane => (long)Summed * OutputStride + Apart;

    /// <summary>Distance of the planes of <see cref="Sums"/>.</summary>
    public readonly long SumPlane => (long)Shape.Out * Shape.In + Apart;

    /// <summary>Tiles that are added up now.</summary>
    public readonly int SummedTiles => Math.Min(Summed, Shape.Tiles - FirstSummed);

    /// <summary>Parts of <see cref="AddProducts"/>.</summary>
    public readonly int ProductParts => WinogradShape.Reach * PartsOfPoint;

    /// <summary>Blocks of <see cref="Convolve"/>.</summary>
    public readonly int Blocks => (Shape.Tiles + BlockTiles - 1) / BlockTiles;

    private readonly long SlicePlane => (long)Slice * Panels.Whole(Shape.In);

    private readonly int OutputStride => Shape.Out + Apart;

    private readonly int PartsOfPoint => (Shape.Out + RowsPerPart - 1) / RowsPerPart;

    /// <summary>Sets <see cref="BlockTiles"/>, to as many as the cache holds, but so few that all threads have work, and <see cref="Summed"/>.</summary>
    public void Divide(int threads)
    {
        int most = Math.Max(BlockNumbers / (WinogradShape.Reach * (Shape.In + Shape.Out)) / WholeRows * WholeRows, FewestTiles);
        BlockTiles = Math.Min(most, (Shape.Tiles + threads - 1) / threads);
        int tiles = Math.Min(SummedNumbers / (WinogradShape.Reach * (Shape.In + Shape.Out)), Shape.Tiles);
        Summed = Math.Max((tiles + Slice - 1) / Slice, 1) * Slice;
    }

    /// <summary>Transforms the weights for the convolution, for a range of <see cref="KernelParts"/>; the context is one of these.</summary>
    public static void TransformKernels<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
        float* points = Room(WinogradShape.Points * PartColumns * Vectors.Lanes);
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
        (long inPlane, long outPlane) = ((long)work.BlockTiles * shape.In + Apart, (long)work.BlockTiles * shape.Out + Apart);
        float* room = Room(WinogradShape.Reach * (inPlane + outPlane) + shape.In + shape.Out);
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
                work.PointToInput(tile + i, 0, WinogradShape.Reach, zeros, inputs + i * WinogradShape.Points);
                work.PointToOutput(tile + i, unused, outputs + i * Outputs);
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

    /// <summary>Transforms the input and the gradient of the output, for a range of <see cref="Part"/> tiles each of those that are added up now; the context is one of these.</summary>
    public static void TransformInputs<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
        WinogradShape shape = work.Shape;
        int channels = Math.Max(shape.In, shape.Out);
        float* zeros = Room(channels);
        new Span<float>(zeros, channels).Clear();
        float** pixels = stackalloc float*[WinogradShape.Points];
        for (int i = first * Part; i < Math.Min(end * Part, work.SummedTiles); i++)
        {
            (int one, int other) = (WinogradTransforms.FirstOf(work.Row), WinogradTransforms.SecondOf(work.Row));
            work.PointToInput(work.FirstSummed + i, Math.Min(one, other), Math.Max(one, other) + 1, zeros, pixels);
            float* slice = work.InputPoints + i / Slice * work.SlicePlane;
            WinogradTransforms.InputRow<TLanes>(work.Row, pixels, shape.In, slice + i % Slice * Panels.Columns<TLanes>(), (nint)work.InputPlane, work.TilesOf(i / Slice) * Panels.Columns<TLanes>());
            work.PointToOutput(work.FirstSummed + i, zeros, pixels);
            WinogradTransforms.OutputGradientRow<TLanes>(work.Row, pixels, shape.Out, work.OutputPoints + (long)i * work.OutputStride, (nint)work.OutputPlane);
        }

        NativeMemory.AlignedFree(zeros);
    }

    /// <summary>Adds up the products of the transforms, for a range of parts; the context is one of these.</summary>
    public static void AddProducts<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        WinogradProducts work = *(WinogradProducts*)context;
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
        WinogradProducts work = *(WinogradProducts*)context;
        int channels = work.Shape.In;
        for (int row = first; row < end; row++)
        {
            float* from = work.Sums + (long)row * channels;
            float* to = work.WeightGradient + 9L * row * channels;
            for (int channel = 0; channel < channels; channel += TLanes.Count)
                WinogradTransforms.KernelGradient<TLanes>(from + channel, (nint)work.SumPlane, to + channel, channels);
        }
    }

    /// <summary>Memory for so many numbers, to be freed by <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static float* Room(long floats) => (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);

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

    private readonly int TilesOf(int slice) => Math.Min(Slice, SummedTiles - slice * Slice);

    // Some rows of a tile's sixteen pixels; pixels beyond the border are all at one place.
    private readonly void PointToInput(int tile, int firstRow, int endRow, float* outside, float** pixels)
    {
        (int image, int row, int column) = Shape.Tile(tile);
        float* first = X + (long)image * Shape.Height * Shape.Width * Shape.In;
        PointTo(first, Shape.Height, Shape.Width, Shape.In, row - Shape.Padding + firstRow, column - Shape.Padding, endRow - firstRow, WinogradShape.Reach, outside, pixels + firstRow * WinogradShape.Reach);
    }

    private readonly void PointToOutput(int tile, float* outside, float** pixels)
    {
        (int image, int row, int column) = Shape.Tile(tile);
        float* first = Y + (long)image * Shape.OutHeight * Shape.OutWidth * Shape.Out;
        PointTo(first, Shape.OutHeight, Shape.OutWidth, Shape.Out, row, column, WinogradShape.Side, WinogradShape.Side, outside, pixels);
    }

    private static void PointTo(float* image, int height, int width, int channels, int firstRow, int firstColumn, int rows, int columns, float* outside, float** pixels)
    {
        for (int row = firstRow; row < firstRow + rows; row++)
        {
            float* pixel = image + ((long)row * width + firstColumn) * channels;
            bool isInside = (uint)row < (uint)height;
            for (int column = firstColumn; column < firstColumn + columns; column++, pixel += channels)
                *pixels++ = isInside && (uint)column < (uint)width ? pixel : outside;
        }
    }

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
