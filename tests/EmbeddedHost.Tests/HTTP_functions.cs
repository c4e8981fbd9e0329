using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class HTTP_functions(AzuriteFixture azurite, RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/", 200, "home of 127.0.0.1")]
    [InlineData("GET", "/api/items/0197d3a0-5a5e-7000-8000-000000000001/3", 200, "\"count\":3")]
    [InlineData("PUT", "/api/items/0197d3a0-5a5e-7000-8000-000000000001", 200,
        "{\"method\":\"PUT\",\"id\":\"0197d3a0-5a5e-7000-8000-000000000001\",\"count\":null}")]
    [InlineData("DELETE", "/api/year/-1", 200, "\"via\":\"DELETE\"")]
    [InlineData("GET", "/api/value", 200, "{\"text\":\"hi\",\"number\":1}")]
    [InlineData("POST", "/Nothing", 204, "")]
    [InlineData("GET", "/api/status/nobody", 404, "")]
    public async Task Receive_their_parameters_and_answer(string method, string path, int status, string part)
    {
        var answer = await host.Http.SendAsync(new(new HttpMethod(method), path), Cancellation);
        var body = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Contains(part, body, StringComparison.Ordinal);
        Assert.Equal(part.Length == 0, body.Length == 0);
    }

    [Theory]
    [InlineData("GET", "/api/items/17", 404, "id: '17' is not valid; it must be a Guid.")]
    [InlineData("GET", "/api/items/0197d3a0-5a5e-7000-8000-000000000001/x", 404, "There is no function at /api/items/")]
    [InlineData("GET", "/nowhere", 404, "There is no function at /nowhere.")]
    [InlineData("DELETE", "/api/value", 405, "DELETE is not allowed here; use GET.")]
    [InlineData("GET", "/api/throws", 500, "Function 'Throws' failed; see the log.")]
    public async Task Return_problem_details_when_something_goes_wrong(string method, string path, int status, string detail)
    {
        var answer = await host.Http.SendAsync(new(new HttpMethod(method), path), Cancellation);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_orchestrations_and_report_their_status()
    {
        var started = await host.Http.PostAsJsonAsync("/api/start/Chain", 39, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await host.EndOfAsync((await started.Content.ReadFromJsonAsync<string>(Cancellation))!);

        var status = await host.Http.GetFromJsonAsync<JsonElement>(started.Headers.Location, Cancellation);
        Assert.Equal("42", status.GetProperty("serializedOutput").GetString());
    }

    [Fact]
    public async Task Refuse_requests_for_a_host_name_that_is_not_theirs()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/value") { Headers = { Host = "rebound.example" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task That_stream_do_not_delay_the_shutdown_of_the_host()
    {
        await using var streaming = await TestHost.StartAsync(azurite);
        using var answer = await streaming.Http.GetAsync("/api/stream", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        await streaming.StopAsync(); // without cancellation, the host would wait longer for the request than this test for the host
    }
}
