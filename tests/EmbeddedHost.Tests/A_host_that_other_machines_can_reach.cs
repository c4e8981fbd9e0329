using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class A_host_that_other_machines_can_reach(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--urls", "http://0.0.0.0:0")]
    [InlineData("--urls", "http://127.0.0.1:0;http://[::]:0")]
    [InlineData("--Kestrel:Endpoints:Any:Url", "http://*:0")]
    public void Does_not_start_without_a_key_and_names_the_setting(string name, string value)
    {
        var builder = TestHost.Builder(azurite, null, new LogRecorder(), name, value);
        var exception = Assert.Throws<InvalidOperationException>(() => builder.Build());
        Assert.Contains("set EmbeddedHost:Key", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requires_the_key_for_every_function_that_is_not_anonymous()
    {
        await using var host = await TestHost.StartAsync(azurite, null, "--urls", "http://0.0.0.0:0", "--EmbeddedHost:Key", "s3cret");
        var address = new Uri($"http://127.0.0.1:{host.Http.BaseAddress!.Port}");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/api/value", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/api/value", "wrong"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/value", "s3cret"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/value?code=s3cret", null));

        async Task<HttpStatusCode> StatusAsync(string path, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
            request.Headers.Add("x-functions-key", key is null ? [] : [key]);
            return (await host.Http.SendAsync(request, Cancellation)).StatusCode;
        }
    }
}
