using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Classes_by_name(App app)
{
    private static readonly string[] Folders = ["2", "10", "Cats", "dogs"]; // in natural order, so that the label of "2" is 0, and that of "10" is 1
    private static readonly SemaphoreSlim Once = new(1);
    private static bool _isTrained;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("samples?count=4&")]
    [InlineData("walk?frames=2&count=1&")]
    [InlineData("between?")]
    [InlineData("neighbours?format=png&count=1&")]
    public async Task Are_drawn_wherever_a_label_is_accepted(string call)
    {
        await TrainAsync();

        var (ten, two, cats, dogs) = (await DrawAsync("10"), await DrawAsync("2"), await DrawAsync("Cats"), await DrawAsync("dogs"));

        Assert.Equal(4, new[] { ten, two, cats, dogs }.Distinct().Count());
        Assert.Equal((two, ten, dogs), (await DrawAsync("0"), await DrawAsync("1"), await DrawAsync("3"))); // none of these is a name
        Assert.Equal((cats, dogs), (await DrawAsync("CATS"), await DrawAsync("Dogs")));
        using var unknown = await app.Http.GetAsync($"api/runs/on-names/{call}label=birds", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Equal(
            "label: 'birds' is not valid; it must be one of 2 (0), 10 (1), Cats (2), dogs (3).",
            (string)(await unknown.ReadAsync())["errors"]!["label"]![0]!);

        async Task<string> DrawAsync(string label) =>
            Convert.ToBase64String(await app.Http.ReadyAsync($"api/runs/on-names/{call}label={label}"));
    }

    [Fact]
    public async Task Appear_in_the_quality_the_neighbours_the_card_and_the_index_of_pictures()
    {
        await TrainAsync();

        var view = await app.Http.JsonAsync("api/runs/on-names");
        Assert.Equal(Folders, view["classes"]!.AsArray().Select(each => (string)each!["name"]!));
        Assert.Equal([0, 1, 2, 3], view["classes"]!.AsArray().Select(each => (int)each!["label"]!));
        Assert.Equal(Folders, view["quality"]!["classes"]!["shares"]!.AsArray().Select(share => (string)share!["name"]!));

        var neighbours = JsonNode.Parse(await app.Http.ReadyAsync("api/runs/on-names/neighbours?count=4"))!["neighbours"]!.AsArray();
        Assert.Equal(neighbours.Select(each => Folders[(int)each!["label"]!]), neighbours.Select(each => (string)each!["name"]!));

        var card = await app.Http.JsonAsync("api/runs/on-names/checkpoints/latest/card");
        Assert.Equal(Folders, card["dataset"]!["labelNames"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(Folders, card["sampling"]!["labelNames"]!.AsArray().Select(name => (string)name!));
        Assert.EndsWith("&label=2", (string)card["sampling"]!["href"]!, StringComparison.Ordinal);

        await using var zip = new ZipArchive(await app.Http.GetStreamAsync("api/runs/on-names/samples?count=4&format=zip", Cancellation));
        await using var list = await zip.GetEntry("index.json")!.OpenAsync(Cancellation);
        Assert.Equal(Folders, JsonNode.Parse(list)!["pictures"]!.AsArray().Select(picture => (string)picture!["name"]!));
    }

    [Fact]
    public async Task Are_those_of_the_run_after_its_data_set_was_replaced()
    {
        using var first = ZipOf("old", "new");
        await app.Http.UploadAsync("renamed", first);
        var body = ApiCalls.Tiny("on-old-names");
        (body["dataset"], body["conditional"], body["imagesPerEpoch"], body["epochs"]) = ("renamed", true, 16, 1);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("on-old-names", "completed");

        using var second = ZipOf("apples", "pears");
        var view = await app.Http.UploadAsync("renamed", second);

        Assert.Equal(["apples", "pears"], view["classNames"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(
            await app.Http.GetByteArrayAsync("api/runs/on-old-names/samples?label=1", Cancellation),
            await app.Http.GetByteArrayAsync("api/runs/on-old-names/samples?label=old", Cancellation));
        using var unknown = await app.Http.GetAsync("api/runs/on-old-names/samples?label=apples", Cancellation);
        Assert.Equal("label: 'apples' is not valid; it must be one of new (0), old (1).", (string)(await unknown.ReadAsync())["detail"]!);
    }

    [Fact]
    public async Task Are_optional()
    {
        byte[] labels = [.. Enumerable.Range(0, 64).Select(index => (byte)((int[])[255, 0, 7])[index % 3])];
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Uploads.Idx(0x803, [64, 28, 28])), "images", "images" },
            { new ByteArrayContent([0, 0, 8, 1, 0, 0, 0, 64, .. labels]), "labels", "labels" },
        };
        var dataset = await app.Http.UploadAsync("sparse-labels", form);
        var body = ApiCalls.Tiny("on-sparse-labels");
        (body["dataset"], body["conditional"], body["imagesPerEpoch"], body["epochs"]) = ("sparse-labels", true, 16, 1);
        using var started = await app.Http.StartAsync(body);

        var run = await app.Http.UntilAsync("on-sparse-labels", "completed");

        Assert.Equal([0, 7, 255], dataset["labels"]!.AsArray().Select(label => (int)label!));
        Assert.Null(dataset["classNames"]);
        Assert.Equal([(0, null), (7, null), (255, null)], run["classes"]!.AsArray().Select(each => ((int)each!["label"]!, (string?)each["name"])));
        using var unknown = await app.Http.GetAsync("api/runs/on-sparse-labels/samples?label=1", Cancellation);
        Assert.Equal("label: '1' is not valid; it must be one of 0, 7, 255.", (string)(await unknown.ReadAsync())["detail"]!);
    }

    // The first test to get here trains the run; the others reuse it.
    private async Task TrainAsync()
    {
        await Once.WaitAsync(Cancellation);
        try
        {
            if (_isTrained) return;
            using var zip = ZipOf(Folders);
            await app.Http.UploadAsync("named-classes", zip);
            var body = ApiCalls.Tiny("on-names");
            (body["dataset"], body["conditional"], body["qualitySamples"], body["epochs"]) = ("named-classes", true, 100, 1);
            body["widthMultiplier"] = 1; // wide enough to draw different pictures after so little training
            using var started = await app.Http.StartAsync(body);
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            await app.Http.UntilAsync("on-names", "completed");
            _isTrained = true;
        }
        finally
        {
            Once.Release();
        }
    }

    private static ByteArrayContent ZipOf(params string[] folders) => Uploads.ZipOf(
        [.. folders.SelectMany((folder, place) => Enumerable.Range(0, 75).Select(index => ($"{folder}/{index}.png", Pictures.Png(60 * place + index % 50))))]);
}
