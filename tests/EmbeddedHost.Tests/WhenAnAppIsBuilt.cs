using GanFunctions.TestKit;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenAnAppIsBuilt(AzuriteFixture azurite)
{
    [Fact]
    public void Functions_with_one_name_or_no_trigger_are_all_named()
    {
        var builder = TestHost.Builder(azurite, null, new LogRecorder());
        builder.UseFunctions(typeof(Faulty));
        var exception = Assert.Throws<InvalidOperationException>(builder.Build);

        Assert.Contains("There is more than one function 'twice'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Function 'Idle' has no trigger the embedded host knows", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_can_come_from_nowhere_is_named()
    {
        var builder = TestHost.Builder(azurite, null, new LogRecorder());
        builder.UseFunctions(typeof(Unbound));
        Assert.Contains(
            "Function 'Unbound': parameter 'time' cannot be bound", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_name_that_storage_cannot_hold_is_refused()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(azurite, "my-hub"));
        Assert.Contains("'my-hub' is no hub name", exception.Message, StringComparison.Ordinal);
    }

    private static class Faulty
    {
        [Function("Twice")]
        public static int First([ActivityTrigger] int number) => number;

        [Function("twice")]
        public static int Second([ActivityTrigger] int number) => number;

        [Function("Idle")]
        public static void Idle()
        {
        }
    }

    private static class Unbound
    {
        [Function("Unbound")]
        public static void Run([HttpTrigger] HttpRequest request, TimeProvider time)
        {
        }
    }
}
