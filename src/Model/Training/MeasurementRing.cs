using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Brings a row of numbers a step from the device to the host. The host sees by the numbers themselves whether they have arrived, and asks the device nothing.</summary>
/// <remarks>
/// A row of page-locked memory is filled with a bit pattern that no arithmetic gives, and the device is told to copy over it when it gets there. A row is complete
/// when the pattern is gone from all of it, since a copy need not arrive in order. On the CPU every row arrives at once.
/// </remarks>
internal sealed unsafe class MeasurementRing : IDisposable
{
    /// <summary>Rows that may be under way: a step is known to be broken at most so many steps later, and the device is never further behind.</summary>
    public const int Rows = 8;

    private const uint Absent = 0x7FA5_C3D2; // a signalling NaN: those that arithmetic gives are quiet

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Tensor _host;
    private readonly Tensor[] _rows;
    private readonly uint* _first;
    private readonly int _width;
    private readonly TimeProvider _clock;
    private readonly Action<Tensor, Tensor> _copy;
    private readonly Action _synchronize;
    private long _pushed;
    private long _taken;

    /// <summary>Makes room on the host.</summary>
    /// <param name="width">Numbers a row.</param>
    /// <param name="device">Where they come from.</param>
    /// <param name="clock">Tells when to ask the device after all.</param>
    /// <param name="copy">Copies into the first tensor from the second, and need not wait; null for libtorch's own.</param>
    /// <param name="synchronize">Waits for all that the device was told, and throws where that failed; null for libtorch's own.</param>
    public MeasurementRing(int width, Device device, TimeProvider clock, Action<Tensor, Tensor>? copy = null, Action? synchronize = null)
    {
        (_width, _clock) = (width, clock);
        _copy = copy ?? ((row, source) => row.copy_(source, true));
        bool isCuda = device.type == DeviceType.CUDA;
        _synchronize = synchronize ?? (isCuda ? () => cuda.synchronize(device) : () => { });
        using DisposeScope scope = NewDisposeScope();
        Tensor host = zeros(Rows, width);
        _host = (isCuda ? host.pin_memory() : host).DetachFromDisposeScope();
        _rows = [.. Enumerable.Range(0, Rows).Select(row => _host.select(0, row).DetachFromDisposeScope())];
        _first = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_host.bytes));
    }

    /// <summary>Rows pushed and not yet taken.</summary>
    public int Pending => (int)(_pushed - _taken);

    /// <summary>Sends a row on its way; there must be fewer than <see cref="Rows"/> pending.</summary>
    /// <param name="row">(width,) float32, on the device.</param>
    public void Push(Tensor row)
    {
        if (Pending == Rows)
            throw new InvalidOperationException($"{Rows} rows are under way; take one first.");
        int place = (int)(_pushed % Rows);
        Row(place).Fill(Absent);
        _copy(_rows[place], row);
        _pushed++;
    }

    /// <summary>Takes the oldest row if it has arrived; never waits.</summary>
    /// <param name="values">Its numbers, valid until the next push.</param>
    public bool TryTake(out ReadOnlySpan<float> values)
    {
        Span<uint> row = Row((int)(_taken % Rows));
        values = MemoryMarshal.Cast<uint, float>(row);
        if (Pending == 0 || row.Contains(Absent))
            return false;
        _taken++;
        return true;
    }

    /// <summary>Takes the oldest row, and waits for it alone: the device goes on with what it was told after it.</summary>
    /// <returns>Its numbers, valid until the next push.</returns>
    /// <exception cref="InvalidOperationException">It did not arrive though the device has done all that it was told.</exception>
    public ReadOnlySpan<float> Take()
    {
        long began = _clock.GetTimestamp();
        bool asked = false;
        SpinWait wait = default;
        ReadOnlySpan<float> values;
        while (!TryTake(out values))
        {
            // A device that failed delivers nothing ever; asking it throws what went wrong.
            if (asked)
                throw new InvalidOperationException("The device has done all that it was told, but what a training step measured did not arrive.");
            asked = _clock.GetElapsedTime(began) > Patience;
            if (asked)
                _synchronize();
            else
                wait.SpinOnce();
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor row in _rows)
            row.Dispose();
        _host.Dispose();
    }

    private Span<uint> Row(int place) => new(_first + ((long)place * _width), _width);
}
