namespace DdpmJobs.Model.Tests.Specs;

/// <summary>A family of the tests' own, so that the reader's rules are tested apart from the catalogue.</summary>
public abstract record Shape;
