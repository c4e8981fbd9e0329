using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenHttpFunctionsAreCalled(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/", 200, "home of 127.0.0.1")]
    [InlineData("GET", "/api/items/0197d3a0-5a5e-7000-8000-000000000001/3", 200, "\"count\":3")]
    [InlineData("PUT", "/api/items/0197d3a0-5a5e-7000-8000-000000000001", 200, "{\"method\":\"PUT\",\"id\":\"0197d3a0-5a5e-7000-8000-000000000001\",\"count\":null}")]
    [InlineData("DELETE", "/api/year/-1", 200, "\"via\":\"DELETE\"")]
    [InlineData("GET", "/api/value", 200, "{\"text\":\"hi\",\"number\":1}")]
    [InlineData("POST", "/Nothing", 204, "")]
    [InlineData("GET", "/api/status/nobody", 404, "")]
    public async Task They_get_their_parameters_and_answer(string method, string path, int status, string part)
    {
        await using var host = await TestHost.StartAsync(azurite);
        var answer = await host.Http.SendAsync(new(new HttpMethod(method), path), Cancellation);
        var body = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Contains(part, body, StringComparison.Ordinal);
        Assert.Equal(part.Length == 0, body.Length == 0);
    }

    [Theory]
    [InlineData("GET", "/api/items/17", 404, "'17' is no valid id: it must be a Guid.")]
    [InlineData("GET", "/api/items/0197d3a0-5a5e-7000-8000-000000000001/x", 404, "Nothing is served at /api/items/")]
    [InlineData("GET", "/nowhere", 404, "Nothing is served at /nowhere.")]
    [InlineData("DELETE", "/api/value", 405, "DELETE is not allowed here; GET is.")]
    [InlineData("GET", "/api/throws", 500, "Function 'Throws' failed; the log says why.")]
    public async Task What_goes_wrong_is_answered_with_problem_details(string method, string path, int status, string detail)
    {
        await using var host = await TestHost.StartAsync(azurite);
        var answer = await host.Http.SendAsync(new(new HttpMethod(method), path), Cancellation);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_start_orchestrations_and_ask_after_them()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var started = await host.Http.PostAsJsonAsync("/api/start/Chain", 39, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await host.EndOfAsync((await started.Content.ReadFromJsonAsync<string>(Cancellation))!);

        var status = await host.Http.GetFromJsonAsync<JsonElement>(started.Headers.Location, Cancellation);
        Assert.Equal("42", status.GetProperty("serializedOutput").GetString());
    }

    [Fact]
    public async Task A_name_that_somebody_elses_page_points_here_is_refused()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/value") { Headers = { Host = "rebound.example" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_stream_does_not_hold_up_a_host_that_stops()
    {
        await using var host = await TestHost.StartAsync(azurite);
        using var answer = await host.Http.GetAsync("/api/stream", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var began = TimeProvider.System.GetTimestamp();
        await host.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(4));
    }
}
