using GanFunctions.TestKit;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class Building_an_app
{
    [Fact]
    public void Fails_and_names_all_functions_that_share_a_name_or_have_no_trigger()
    {
        var builder = TestHost.Builder(new LogRecorder(), [typeof(Faulty)]);
        var exception = Assert.Throws<InvalidOperationException>(builder.Build);

        Assert.Contains("There is more than one function 'twice'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Function 'Idle' has no trigger that the embedded host supports", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fails_and_names_a_parameter_that_cannot_be_bound()
    {
        var builder = TestHost.Builder(new LogRecorder(), [typeof(Unbound)]);
        Assert.Contains(
            "Function 'Unbound': parameter 'time' cannot be bound", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hubName", "my-hub", "a letter followed by 2 to 44 letters and digits")]
    [InlineData("maxConcurrentActivityFunctions", "0", "a whole number from 1 to 1000")]
    [InlineData("versionMatchStrategy", "Sometimes", "None, Strict, CurrentOrOlder")]
    [InlineData("storageProvider:maxQueuePollingInterval", "soon", "a time such as 00:00:20")]
    public void Fails_and_names_an_invalid_setting_with_its_valid_values(string name, string value, string valid)
    {
        var builder = TestHost.Builder(new LogRecorder(), [], TestHost.Setting(name, value));
        var exception = Assert.Throws<InvalidOperationException>(builder.Build);
        Assert.Contains($"extensions:durableTask:{name}): '{value}' is not valid; it must be {valid}", exception.Message, StringComparison.Ordinal);
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
