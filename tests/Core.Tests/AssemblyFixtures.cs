using System.Reflection;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Tests;
using GanFunctions.TestKit;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: ReturnsMemory]

namespace GanFunctions.Core.Tests;

/// <summary>
/// Returns freed memory to the system when the process has grown much, as an app does after its work. Otherwise the networks of earlier tests would take
/// as much memory as those in use.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ReturnsMemoryAttribute : BeforeAfterTestAttribute
{
    private const long MuchGrowth = 256 << 20; // bytes
    private static long _afterLastReturn;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Environment.WorkingSet < Volatile.Read(ref _afterLastReturn) + MuchGrowth) return;
        FreedMemory.ReturnAll();
        Volatile.Write(ref _afterLastReturn, Environment.WorkingSet);
    }
}
