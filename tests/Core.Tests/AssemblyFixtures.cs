using System.Reflection;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Tests;
using GanFunctions.TestKit;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
[assembly: ReturnsMemory]

namespace GanFunctions.Core.Tests;

/// <summary>
/// Returns freed memory to the system after a test that used much of it, as an app does after its work. Otherwise the networks of earlier tests would
/// take as much memory as those in use.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ReturnsMemoryAttribute : BeforeAfterTestAttribute
{
    private const long Much = 256 << 20;
    private static long _afterLastReturn;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Environment.WorkingSet < Volatile.Read(ref _afterLastReturn) + Much) return;
        FreedMemory.ReturnAll();
        Volatile.Write(ref _afterLastReturn, Environment.WorkingSet);
    }
}
