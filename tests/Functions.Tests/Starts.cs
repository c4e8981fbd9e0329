using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Starts(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_same_id_at_once_are_one_202_and_nineteen_409()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Http.StartAsync(ApiCalls.Tiny("twenty"))));

        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted));
        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.Conflict).ToList();
        Assert.Equal(19, refused.Count);
        Assert.All(await Task.WhenAll(refused.Select(ApiCalls.ReadAsync)), problem => Assert.Equal("/api/runs/twenty", (string)problem["run"]!));
        await app.Http.UntilAsync("twenty", "completed");
    }

    /// <summary>Eight runs, or a hundred in a soak test.</summary>
    [Fact]
    public async Task Of_many_runs_at_once_all_complete_and_none_is_starved()
    {
        var runs = Enumerable.Range(0, Soak.Count(8, 100)).Select(number => $"many-{number}").ToList();
        var answers = await Task.WhenAll(runs.Select(run =>
        {
            var body = ApiCalls.Tiny(run);
            body["imagesPerEpoch"] = 16;
            return app.Http.StartAsync(body);
        }));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));

        await Wait.UntilAsync(async () =>
        {
            var views = (await app.Http.JsonAsync("api/runs?limit=1000"))["runs"]!.AsArray()
                .Where(view => ((string)view!["run"]!).StartsWith("many-", StringComparison.Ordinal)).ToList();
            Assert.DoesNotContain(views, view => (string)view!["state"]! == "failed");
            return views.Count(view => (string)view!["state"]! == "completed") == runs.Count;
        }, $"{runs.Count} runs to complete", 3 * Wait.Patience);

        // Every run has its first checkpoint before more than a few others have their last, by the timestamps of the blobs.
        var commits = await Task.WhenAll(runs.Select(CommitsAsync));
        Assert.InRange(commits.Max(run => commits.Count(other => other.Max() < run.Min())), 0, Math.Max(3, runs.Count / 10));
    }

    private async Task<List<DateTimeOffset>> CommitsAsync(string run)
    {
        List<DateTimeOffset> commits = [];
        var prefix = $"runs/{run}/checkpoints/";
        await foreach (var blob in app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(new() { Prefix = prefix }, Cancellation))
            commits.Add(blob.Properties.LastModified!.Value);
        return commits;
    }

    [Fact]
    public async Task Report_all_that_is_wrong_at_once()
    {
        using var answer = await app.Http.StartAsync(new JsonObject { ["run"] = "No Such Id", ["epochs"] = 0, ["dataset"] = "mnits", ["sead"] = 1 });

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var errors = (await answer.ReadAsync())["errors"]!.AsObject();
        Assert.Equal(["dataset", "epochs", "run", "sead"], errors.Select(error => error.Key));
        Assert.Contains("'mnits'. The available data sets are: digits, mnist", (string)errors["dataset"]![0]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("{\"epochs\": ")]
    [InlineData("{\"epochs\": 1, \"epochs\": 2}")]
    [InlineData("\"epochs\"")]
    public async Task Refuse_a_body_that_is_not_a_JSON_object(string body)
    {
        using var content = new StringContent(body);
        using var answer = await app.Http.PostAsync("api/runs", content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("The body must be a JSON object", (string)(await answer.ReadAsync())["errors"]!["body"]![0]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"dataset": "\ud800"}""")]
    [InlineData("""{"\udfff": 1}""")]
    [InlineData("""{"notify": {"url": ["\ud800x"]}}""")]
    public async Task Refuse_a_body_that_is_not_Unicode(string body)
    {
        using var content = new StringContent(body);
        using var answer = await app.Http.PostAsync("api/runs", content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("The body must be valid Unicode", (string)(await answer.ReadAsync())["errors"]!["body"]![0]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task Ignore_the_byte_order_mark_of_a_body(string encoding)
    {
        var written = Encoding.GetEncoding(encoding);
        using var content = new ByteArrayContent([.. written.GetPreamble(), .. written.GetBytes("""{"dataset": "digits", "epochs": 7}""")]);
        using var answer = await app.Http.PostAsync("api/runs?dryRun=true", content, Cancellation);

        Assert.Equal((HttpStatusCode.OK, 7), (answer.StatusCode, (int)(await answer.ReadAsync())["epochs"]!));
    }

    [Fact]
    public async Task Return_the_resolved_options_in_a_dry_run_and_start_nothing()
    {
        using var content = new StringContent("""{"run": "dry", "preset": "tutorial", "dataset": "digits"}""");
        using var answer = await app.Http.PostAsync("api/runs?dryRun=true", content, Cancellation);

        Assert.Equal((HttpStatusCode.OK, "glorot"), (answer.StatusCode, (string)(await answer.ReadAsync())["weights"]!));
        using var none = await app.Http.GetAsync("api/runs/dry", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Are_refused_when_the_data_set_is_unavailable()
    {
        using var answer = await app.Http.StartAsync(new JsonObject { ["run"] = "without-data", ["dataset"] = "fashion-mnist" });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = await answer.ReadAsync();
        Assert.Contains(problem["tried"]!.AsArray(), tried => ((string)tried!).Contains(App.NoMirror, StringComparison.Ordinal));
        Assert.Contains("'digits', which is built in", (string)problem["advice"]!, StringComparison.Ordinal);
        using var none = await app.Http.GetAsync("api/runs/without-data", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }
}
