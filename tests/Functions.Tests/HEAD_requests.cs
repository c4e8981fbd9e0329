using System.Net.Http.Headers;
using GanFunctions.Functions.Tests.OpenApi;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class HEAD_requests(App app)
{
    private static readonly string[] Volatile = ["Date", "Transfer-Encoding"]; // the time, and how the body, if any, is sent

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_answered_like_GET_without_a_body_at_every_route()
    {
        await Bars.UploadedAsync(app.Http);
        var body = ApiCalls.Tiny("headed-bars");
        body["dataset"] = Bars.Name;
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("headed-bars", "completed");
        var calls = (await ApiDocument.OfAsync(app.Http)).Operations.Where(operation => operation.Method == "get").ToList();
        var paths = calls.Select(call => call.At("headed-bars", Bars.Name) + (call.Id == "GetWalk" ? "?frames=2&count=4" : ""))
            .Concat(calls.Select(call => call.At("nobody", "nothing")))
            .Concat(["", "page/style.css", "page/nothing.css", "api/runs/headed-bars/samples?count=0", "api/runs/headed-bars/losses?format=csv"]);

        foreach (var path in paths.Distinct())
        {
            var got = await AskAsync(HttpMethod.Get, path);
            var (status, headers, length) = await AskAsync(HttpMethod.Head, path);
            for (var again = await AskAsync(HttpMethod.Get, path); again != got; again = await AskAsync(HttpMethod.Get, path))
            {
                // The response has changed in between: the memorisation check returns 503 until its features are computed.
                got = again;
                (status, headers, length) = await AskAsync(HttpMethod.Head, path);
            }

            Assert.Equal($"{path}: {got.Status}\n{got.Headers}", $"{path}: {status}\n{headers}");
            Assert.Equal(0, length);
        }
    }

    [Fact]
    public async Task Do_not_keep_an_event_stream_open()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Long("headed"));

        await AskAsync(HttpMethod.Head, "api/runs/headed/events");

        Assert.Contains(await app.Http.StateAsync("headed"), (string[])["queued", "preparing", "training"]);
        await app.Http.CallAsync("api/runs/headed/cancel");
        await app.Http.UntilAsync("headed", "cancelled");
    }

    private async Task<(int Status, string Headers, int Length)> AskAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await app.Http.SendAsync(request, Cancellation);
        var body = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        HttpHeaders[] all = [answer.Headers, answer.Content.Headers];
        var headers = all.SelectMany(each => each.NonValidated).Where(header => !Volatile.Contains(header.Key))
            .Select(header => $"{header.Key}: {header.Value}").Order(StringComparer.Ordinal);
        return ((int)answer.StatusCode, string.Join('\n', headers), body.Length);
    }
}
