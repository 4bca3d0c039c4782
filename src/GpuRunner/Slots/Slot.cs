namespace DdpmJobs.GpuRunner.Slots;

/// <summary>Room for one job at a time.</summary>
/// <param name="Number">Its number in the runner, from 0.</param>
/// <param name="Device">Device name as libtorch writes it: <c>cpu</c> or <c>cuda:0</c>.</param>
public sealed record Slot(int Number, string Device);
