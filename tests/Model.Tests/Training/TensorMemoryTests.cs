using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Tests.Training;

public sealed class TensorMemoryTests
{
    private const string All = "glibc.malloc.hugetlb=1:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0";

    [Theory]
    [InlineData(null, All)]
    [InlineData("", All)]
    [InlineData("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0")]
    [InlineData("glibc.malloc.mxfast=64:glibc.malloc.tcache_count=7", "glibc.malloc.mxfast=64:glibc.malloc.tcache_count=7:glibc.malloc.hugetlb=1")]
    [InlineData("glibc.rtld.nns=8:glibc.malloc.arena_max=4", "glibc.rtld.nns=8:glibc.malloc.arena_max=4:" + All)]
    public void WithTunables_WhatIsSet_StaysAndGoesFirst(string? set, string expected)
    {
        Assert.Equal(expected, TensorMemory.WithTunables(set));
        Assert.Equal(expected, TensorMemory.WithTunables(expected));
    }
}
