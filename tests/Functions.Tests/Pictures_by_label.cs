using System.Net;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Pictures_by_label(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_drawn_by_a_conditional_run()
    {
        var body = ApiCalls.Tiny("by-label");
        body["conditional"] = true;
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("by-label", "completed");

        var (sevens, threes, each) = (await DrawAsync("label=7&count=10"), await DrawAsync("label=3&count=10"), await DrawAsync("count=10"));

        Assert.NotEqual(sevens, threes);
        Assert.NotEqual(sevens, each);
        Assert.Equal(sevens, await DrawAsync("label=7&count=10"));
        // Without a label, the classes take turns, beginning with the first.
        Assert.Equal(await DrawAsync("label=0&count=1&columns=1"), await DrawAsync("count=1&columns=1"));
        using var unknown = await app.Http.GetAsync("api/runs/by-label/samples?label=10", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Equal("label: '10' is not valid; it must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.", (string)(await unknown.ReadAsync())["detail"]!);

        async Task<byte[]> DrawAsync(string query) => await app.Http.GetByteArrayAsync($"api/runs/by-label/samples?{query}", Cancellation);
    }

    [Fact]
    public async Task Require_a_conditional_run()
    {
        await app.Http.TrainedAsync("tiny");

        using var answer = await app.Http.GetAsync("api/runs/tiny/samples?label=7", Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("label: run 'tiny' is not conditional", (string)(await answer.ReadAsync())["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Require_a_data_set_with_labels()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [64, 28, 28])), "images", "images" } };
        Assert.False((await app.Http.UploadAsync("unlabelled", form)).ContainsKey("labels"));

        using var refused = await app.Http.StartAsync(new JsonObject { ["dataset"] = "unlabelled", ["conditional"] = true });

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(
            "conditional: true is not valid; a conditional run needs at least two labels, and the data set unlabelled has 0.",
            (string)(await refused.ReadAsync())["errors"]!["conditional"]![0]!);
    }

    [Fact]
    public async Task Differ_from_those_of_the_raw_weights()
    {
        await app.Http.TrainedAsync("tiny");

        var average = await app.Http.GetByteArrayAsync("api/runs/tiny/samples", Cancellation);

        Assert.NotEqual(average, await app.Http.GetByteArrayAsync("api/runs/tiny/samples?weights=raw", Cancellation));
        Assert.Equal(average, await app.Http.GetByteArrayAsync("api/runs/tiny/samples?weights=ema", Cancellation));
    }
}
