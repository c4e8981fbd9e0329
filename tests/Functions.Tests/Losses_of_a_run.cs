using System.Net;
using System.Xml.Linq;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Losses_of_a_run(App app) : IAsyncLifetime
{
    private const string Run = "charted";
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var body = ApiCalls.Tiny(Run);
        body["logEvery"] = 1;
        using var started = await app.Http.StartAsync(body); // the first test starts the run; later ones get a 409
        await app.Http.UntilAsync(Run, "completed");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("", null, "application/json")]
    [InlineData("", "*/*", "application/json")]
    [InlineData("", "application/xml", "application/json")]
    [InlineData("", "no media type", "application/json")]
    [InlineData("", "text/csv", "text/csv")]
    [InlineData("", "text/csv;q=0, application/json;q=0.1", "application/json")]
    [InlineData("", "application/json;q=0.5, image/svg+xml;q=0.9, */*;q=0.1", "image/svg+xml")]
    [InlineData("", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "image/svg+xml")] // an img element
    [InlineData("", "text/html,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "application/json")] // the address bar of a browser
    [InlineData("", "image/*", "image/png")]
    [InlineData("format=svg", "image/png", "image/svg+xml")]
    [InlineData("format=PNG", "application/json", "image/png")]
    [InlineData("format=csv", null, "text/csv")]
    public async Task Come_in_the_requested_format(string query, string? accept, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/runs/{Run}/losses?{query}");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(["Accept"], answer.Headers.Vary);
    }

    [Fact]
    public async Task Are_drawn_as_a_chart()
    {
        var png = await app.Http.GetByteArrayAsync($"api/runs/{Run}/losses?format=png&width=800&height=500", Cancellation);
        var dark = await app.Http.GetByteArrayAsync($"api/runs/{Run}/losses?format=png&width=800&height=500&theme=dark", Cancellation);
        var svg = XDocument.Parse(await app.Http.GetStringAsync($"api/runs/{Run}/losses?format=svg", Cancellation));

        Assert.Equal((800, 500), Png.Size(png));
        Assert.NotEqual(png, dark);
        Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "text" && element.Value == $"Run {Run}");
    }

    [Fact]
    public async Task Are_not_drawn_again_for_a_client_that_has_the_chart()
    {
        using var first = await app.Http.GetAsync($"api/runs/{Run}/losses?format=png", Cancellation);

        Assert.Equal(HttpStatusCode.NotModified, await AskAsync("format=png"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("format=png&theme=dark"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("format=svg"));

        async Task<HttpStatusCode> AskAsync(string query)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"api/runs/{Run}/losses?{query}")
            {
                Headers = { IfNoneMatch = { first.Headers.ETag! } },
            };
            using var answer = await app.Http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Can_be_limited_to_later_epochs_and_every_nth_step()
    {
        var all = await app.Http.JsonAsync($"api/runs/{Run}/losses");
        var some = await app.Http.JsonAsync($"api/runs/{Run}/losses?from=2&every=3");
        var lines = await app.Http.GetStringAsync($"api/runs/{Run}/losses?format=csv&every=100", Cancellation);

        Assert.Equal(8, all["steps"]!.AsArray().Count);
        Assert.Equal([(2, 1), (2, 4)], some["steps"]!.AsArray().Select(row => ((int)row!["epoch"]!, (int)row["step"]!)));
        Assert.Equal([2], some["epochs"]!.AsArray().Select(row => (int)row!["epoch"]!));
        Assert.Equal(["0,1,1", "0,1,", "0,2,1", "0,2,"], lines.TrimEnd().Split('\n').Skip(1).Select(line => string.Join(',', line.Split(',')[..3])));
    }
}
