namespace DdpmJobs.Model.Tests.Specs;

public enum Border
{
    None,
    ThinLine,
}
