using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Tests.Training;

public sealed class TensorMemoryTests
{
    [Theory]
    [InlineData(null, "glibc.malloc.hugetlb=1")]
    [InlineData("", "glibc.malloc.hugetlb=1")]
    [InlineData("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0")]
    [InlineData("glibc.rtld.nns=8:glibc.malloc.arena_max=4", "glibc.rtld.nns=8:glibc.malloc.arena_max=4:glibc.malloc.hugetlb=1")]
    public void WithTunables_WhatIsSet_StaysAndGoesFirst(string? set, string expected)
    {
        Assert.Equal(expected, TensorMemory.WithTunables(set));
        Assert.Equal(expected, TensorMemory.WithTunables(expected));
    }
}
