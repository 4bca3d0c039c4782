namespace DdpmJobs.Chaos.Tests;

/// <summary>What became of one combination.</summary>
/// <param name="Combination">What was trained.</param>
/// <param name="Seed">Draws the moments of the kills.</param>
/// <param name="Kills">Processes that were killed while they lived.</param>
/// <param name="InsideWrite">Of them, those that left the temporary file of a checkpoint behind.</param>
/// <param name="Resumes">Processes that went on from a checkpoint.</param>
/// <param name="Damaged">Checkpoints that were damaged after a kill, and passed over by the next process.</param>
/// <param name="FileEqual">Whether the final file is that of the undisturbed training, byte for byte.</param>
/// <param name="SeriesEqual">Whether every logged value but speed and memory is.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Sha256">Hash of the undisturbed training's final file.</param>
internal sealed record KillReport(
    Combination Combination, long Seed, int Kills, int InsideWrite, int Resumes, int Damaged, bool FileEqual, bool SeriesEqual, int Steps, string Sha256);
