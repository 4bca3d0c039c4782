namespace DdpmJobs.Model.Networks;

/// <summary>Lets one network of the process at a time do its first pass.</summary>
/// <remarks>
/// oneDNN 3.7 makes a convolution's code at its first use and keeps it for the whole process. When two threads asked for the same convolution with the channels last at the same
/// moment, its backward pass crashed the process in 13 of 44 starts of two trainings; with one beginning 1.2 s after the other in none of 10, and in none of 20 with this.
/// </remarks>
internal static class FirstPass
{
    private static readonly Lock One = new();

    /// <summary>Does a pass, alone if it is the first.</summary>
    /// <param name="passed">Whether this network has done one; true afterwards.</param>
    /// <param name="pass">The pass.</param>
    public static void Do(ref bool passed, Action pass)
    {
        if (passed)
        {
            pass();
            return;
        }

        lock (One)
            pass();
        passed = true;
    }
}
