using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class What_the_page_asks_for(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Includes_an_event_for_each_change_of_a_run_until_it_is_at_rest()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("told"));
        await using var stream = await app.Http.GetStreamAsync("api/runs/told/events", Cancellation);

        var events = await SseParser.Create(stream).EnumerateAsync(Cancellation).ToListAsync(Cancellation);

        var states = events.Where(each => each.EventType == "run").Select(each => (string)JsonNode.Parse(each.Data)!["state"]!).ToList();
        Assert.Equal("completed", states[^1]);
        Assert.True(states.Distinct().Count() > 1, string.Join(' ', states));
        Assert.Equal(("end", "at rest"), (events[^1].EventType, events[^1].Data));
        using var unknown = await app.Http.GetAsync("api/runs/nobody/events", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Includes_the_grid_of_every_epoch_and_parts_of_it()
    {
        await app.Http.TrainedAsync("tiny");

        Assert.Equal([1, 2], (await app.Http.JsonAsync("api/runs/tiny/grids"))["epochs"]!.AsArray().Select(epoch => (int)epoch!));
        var whole = Png.Pixels(await app.Http.GetByteArrayAsync("api/runs/tiny/grids/2", Cancellation)).Rows;
        var samples = Png.Pixels(await app.Http.GetByteArrayAsync("api/runs/tiny/samples?count=64&columns=8&scale=2", Cancellation)).Rows;
        Assert.Equal(samples, whole);
        var corner = await app.Http.GetByteArrayAsync("api/runs/tiny/grids/latest?side=3&scale=1", Cancellation);
        var nine = await app.Http.GetByteArrayAsync("api/runs/tiny/samples?count=24&columns=8&scale=1", Cancellation);
        Assert.Equal((3 * 30 - 2, 3 * 30 - 2), Png.Size(corner));
        Assert.Equal(Png.Pixels(nine).Rows.Select(row => row[..88]), Png.Pixels(corner).Rows);
        using var missing = await app.Http.GetAsync("api/runs/tiny/grids/3", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Includes_pictures_between_four_seeds_and_the_noise_of_each()
    {
        await app.Http.TrainedAsync("tiny");

        Assert.Equal(await PictureAsync("samples?seed=12&count=1"), await PictureAsync("between?seeds=11,12,13,14&x=1&y=0"));
        Assert.Equal(await PictureAsync("samples?seed=13&count=1"), await PictureAsync("between?seeds=11,12,13,14&x=0&y=1"));
        Assert.NotEqual(await PictureAsync("between?seeds=11,12,13,14&x=0.5&y=0"), await PictureAsync("between?seeds=11,12,13,14&x=0&y=0"));
        var noise = (await app.Http.JsonAsync("api/noise?seeds=11,12&index=3"))["noise"]!.AsArray();
        Assert.Equal([100, 100], noise.Select(each => each!.AsArray().Count));
        Assert.Equal(noise[1]!.ToJsonString(), (await app.Http.JsonAsync("api/noise?seeds=12&index=3"))["noise"]![0]!.ToJsonString());
        using var refused = await app.Http.GetAsync("api/runs/tiny/between?seeds=1,2&x=1.5&y=here", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var errors = (await refused.ReadAsync())["errors"]!;
        Assert.Equal("seeds: '1,2' is not valid; it must be 4 whole numbers from 0 to 9007199254740991, separated by commas.", (string)errors["seeds"]![0]!);
        Assert.Equal("x: '1.5' is not valid; it must be a number from 0 to 1.", (string)errors["x"]![0]!);
        Assert.Equal("y: 'here' is not valid; it must be a number from 0 to 1.", (string)errors["y"]![0]!);

        async Task<byte[]> PictureAsync(string query) => await app.Http.GetByteArrayAsync($"api/runs/tiny/{query}", Cancellation);
    }

    [Fact]
    public async Task Includes_compressed_files_that_are_not_sent_twice()
    {
        using var index = await app.Http.GetAsync("", Cancellation);
        Assert.Equal("text/html; charset=utf-8", index.Content.Headers.ContentType!.ToString());
        Assert.Contains("script-src 'self' 'wasm-unsafe-eval';", index.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var compressed = new HttpRequestMessage(HttpMethod.Get, "page/app.js") { Headers = { { "Accept-Encoding", "br, gzip;q=0.5" } } };
        using var script = await app.Http.SendAsync(compressed, Cancellation);
        Assert.Equal(["gzip"], script.Content.Headers.ContentEncoding);
        Assert.Equal("text/javascript; charset=utf-8", script.Content.Headers.ContentType!.ToString());
        using var plain = await app.Http.GetAsync("page/app.js", Cancellation);
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.NotEqual(plain.Headers.ETag, script.Headers.ETag);
        foreach (var (answer, coding) in ((HttpResponseMessage, string)[])[(script, "gzip"), (plain, "identity")])
        {
            using var again = new HttpRequestMessage(HttpMethod.Get, "page/app.js")
            {
                Headers = { { "Accept-Encoding", coding }, { "If-None-Match", answer.Headers.ETag!.ToString() } },
            };
            using var known = await app.Http.SendAsync(again, Cancellation);
            Assert.Equal((HttpStatusCode.NotModified, answer.Headers.ETag), (known.StatusCode, known.Headers.ETag));
        }
        foreach (var path in (string[])["page/none.js", "page/..%2fGanFunctions.Functions.dll", "page/", "page/views"])
        {
            using var none = await app.Http.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }
    }
}
