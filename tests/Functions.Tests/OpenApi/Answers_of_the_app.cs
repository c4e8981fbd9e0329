using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.OpenApi;

/// <summary>Makes every call of the API, from the upload of a data set to its deletion, and compares each response with the OpenAPI document.</summary>
public sealed class Answers_of_the_app : IAsyncLifetime
{
    // Not covered here: 401 needs a host that requires a key, 422 an unavailable data set, 503 unavailable storage or a slow data set.
    private static readonly string[] NotAnsweredHere =
        ["401", "422", "503", "default", "PutDataset 413", "PutBlock 413", "ImportRun 413", "PutArchiveBlock 413", "ProjectPicture 413"];

    private readonly App _app = new();
    private readonly HashSet<string> _answered = [];
    private readonly List<string> _problems = [];
    private ApiDocument? _document;
    private string _projection = "none";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ApiDocument Document => _document!;

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        _document = await ApiDocument.OfAsync(_app.Http);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Match_the_document()
    {
        // An empty storage account
        await AskAsync("GetHealth", 200);
        await AskAsync("GetOpenApi", 200);
        await AskAsync("GetLatestSamples", 404);
        await AskAsync("GetNoise", 200);
        foreach (var operation in Document.Operations)
        {
            await AskAsync(operation.Id, operation.Statuses.Contains("400") ? 400 : 200, "?nonsense=1", body: new { epochs = 1 });
            if (operation.Method != "get") await AskAsync(operation.Id, 403, from: "https://elsewhere.example");
            if (operation.Path.Contains("{run}", StringComparison.Ordinal) && operation.Method != "put")
                await AskAsync(operation.Id, 404, body: new { epochs = 1 });
            if (operation.Path.Contains("{sweep}", StringComparison.Ordinal)) await AskAsync(operation.Id, 404);
            if (operation.Path.Contains("{name}", StringComparison.Ordinal) && operation.Method != "put") await AskAsync(operation.Id, 404);
        }

        // A data set without labels, so that quality is measured without a classifier
        await AskAsync("PutBlock", 204, content: new ByteArrayContent([1]));
        await AskAsync("PutDataset", 202, content: Pictures(), dataset: "noise");
        await _app.Http.ConvertedAsync("noise");
        await AskAsync("GetDataset", 200, dataset: "noise");
        await AskAsync("ListDatasets", 200);
        await AskAsync("GetPreview", 200, dataset: "noise");
        await AskAsync("GetDatasetStorage", 200, dataset: "noise");

        // A run that measures quality, until it is completed
        var options = ApiCalls.Tiny("measured");
        (options["dataset"], options["qualitySamples"], options["patience"]) = ("noise", 100, 5);
        await AskAsync("StartRun", 200, "?dryRun=true", body: options);
        await AskAsync("StartRun", 202, body: options);
        await AskAsync("StartRun", 409, body: options);
        await AskAsync("StartRun", 413, body: new { run = new string('x', 70_000) });
        await AskAsync("ExtendRun", 413, body: new { run = new string('x', 70_000) });
        await _app.Http.UntilAsync("measured", "completed");
        await _app.Http.ReadyAsync("api/runs/measured/neighbours");
        foreach (var function in (string[])
        [
            "ListRuns", "GetRun", "GetRunStorage", "GetEvents", "ListGrids", "GetGrid", "ListCheckpoints", "DownloadGenerator", "GetCard", "GetTimelapse",
            "GetNeighbours", "GetEventFile", "ExportRun",
        ])
        {
            await AskAsync(function, 200, run: "measured");
        }
        foreach (var function in (string[])["GetRunSamples", "GetLatestSamples", "GetBetween"]) await AskAsync(function, 200, "?epoch=best", run: "measured");
        await AskAsync("GetWalk", 200, "?frames=2&count=4", run: "measured");
        foreach (var format in (string[])["json", "csv", "png", "svg"]) await AskAsync("GetLosses", 200, $"?format={format}", run: "measured");
        foreach (var format in (string[])["png", "webp", "jpeg", "zip", "npy"])
            await AskAsync("GetRunSamples", 200, $"?format={format}&count=2", run: "measured");
        await AskAsync("DownloadGenerator", 200, "?format=onnx", run: "measured");
        var archive = await _app.Http.GetByteArrayAsync("api/runs/measured/export", Cancellation);
        await AskAsync("ImportRun", 201, content: new ByteArrayContent(archive), run: "moved");
        await AskAsync("ImportRun", 409, content: new ByteArrayContent(archive), run: "moved");
        await AskAsync("PutArchiveBlock", 204, content: new ByteArrayContent([1]), run: "unknown");
        await AnswerAboutProjectionsAsync();
        await SayDefaultsAsync("measured");
        foreach (var function in (string[])["PauseRun", "ResumeRun", "CancelRun"]) await AskAsync(function, 409, run: "measured");

        // A run that does not measure quality: it has no best epoch, and its data set must not be replaced
        var longer = ApiCalls.Long("longer");
        (longer["dataset"], longer["epochs"]) = ("noise", 99_998);
        await AskAsync("StartRun", 202, body: longer);
        await Wait.UntilAsync(async () => (await _app.Http.JsonAsync("api/runs/longer"))["checkpoint"] is not null, "a checkpoint");
        await AskAsync("DeleteRun", 409, run: "longer");
        await AskAsync("ExportRun", 409, run: "longer");
        await AskAsync("PauseRun", 202, run: "longer");
        await _app.Http.UntilAsync("longer", "paused");
        await AskAsync("PutDataset", 409, content: Pictures(), dataset: "noise");
        await AskAsync("DeleteDataset", 409, dataset: "noise");
        await AskAsync("ProjectPicture", 409, "?epoch=best", run: "longer");
        foreach (var operation in Document.Operations.Where(each => each.Method == "get" && each.Statuses.Contains("409") && each.Id != "ExportRun"))
            await AskAsync(operation.Id, 409, operation.Path.Contains("{epoch}", StringComparison.Ordinal) ? "" : "?epoch=best", run: "longer", epoch: "best");
        await AskAsync("ResumeRun", 202, run: "longer");
        await AskAsync("ExtendRun", 202, run: "longer", body: new { epochs = 1 });
        await AskAsync("CancelRun", 202, run: "longer");
        await _app.Http.UntilAsync("longer", "cancelled");
        await AskAsync("ListRuns", 200, "?state=cancelled&limit=1");

        await AnswerAboutSweepsAsync();

        // Everything is deleted
        await AskAsync("DeleteRun", 204, run: "longer");
        await AskAsync("DeleteDataset", 204, dataset: "noise");
        await AskAsync("GetNeighbours", 409, run: "measured");
        await AskAsync("ExtendRun", 409, run: "measured", body: new { epochs = 1 });
        foreach (var run in (string[])["measured", "moved"]) await AskAsync("DeleteRun", 204, run: run);

        Assert.True(_problems.Count == 0, string.Join('\n', _problems));
        var declared =
            from operation in Document.Operations
            from status in operation.Statuses
            where !NotAnsweredHere.Contains(status) && !NotAnsweredHere.Contains($"{operation.Id} {status}")
            select $"{operation.Id} {status}";
        Assert.Equal(declared.Order(StringComparer.Ordinal), _answered.Order(StringComparer.Ordinal));
    }

    private async Task AnswerAboutProjectionsAsync()
    {
        var picture = Tests.Pictures.Png(100);
        await AskAsync("ProjectPicture", 202, "?steps=1", content: new ByteArrayContent(picture), run: "measured");
        JsonNode? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = (await _app.Http.JsonAsync("api/runs/measured/projections"))["projections"]![0];
            return (string)view!["state"]! == "completed";
        }, "a projection");
        _projection = (string)view!["id"]!;
        await AskAsync("ProjectPicture", 200, "?steps=1", content: new ByteArrayContent(picture), run: "measured");
        foreach (var function in (string[])["ListProjections", "GetProjection", "GetProjectionPicture"]) await AskAsync(function, 200, run: "measured");
        await AskAsync("GetProjectionPicture", 200, "?format=webp", run: "measured");
    }

    private async Task AnswerAboutSweepsAsync()
    {
        var sweep = SweepCalls.Body("swept", trials: 2, parallel: 1, epochs: 2);
        sweep["options"]!["dataset"] = "noise";
        await AskAsync("StartSweep", 200, "?dryRun=true", body: sweep);
        await AskAsync("StartSweep", 202, body: sweep);
        await AskAsync("StartSweep", 409, body: sweep);
        await AskAsync("StartSweep", 413, body: new { sweep = new string('x', 70_000) });
        await AskAsync("DeleteSweep", 409, run: "swept");
        await _app.Http.SweepUntilAsync("swept", "completed");
        foreach (var function in (string[])["ListSweeps", "GetSweep", "GetTrials"]) await AskAsync(function, 200, run: "swept");
        await AskAsync("GetTrials", 200, "?format=csv", run: "swept");
        await AskAsync("CancelSweep", 409, run: "swept");
        await AskAsync("DeleteSweep", 204, run: "swept");
        (sweep["sweep"], sweep["options"]!["epochs"], sweep["halving"]) = ("ended", 9_999, new JsonObject { ["epochs"] = 3_000, ["factor"] = 2 });
        await AskAsync("StartSweep", 202, body: sweep);
        await AskAsync("CancelSweep", 202, run: "ended");
        await _app.Http.SweepUntilAsync("ended", "cancelled");
        await AskAsync("DeleteSweep", 204, "?runs=true", run: "ended");
    }

    /// <summary>Passing a parameter's default explicitly must not change the response.</summary>
    private async Task SayDefaultsAsync(string run)
    {
        foreach (var operation in Document.Operations.Where(operation => operation.Method == "get" && operation.Query.Any(HasDefault)))
        {
            var path = operation.At(run, projection: _projection);
            using var plain = await _app.Http.GetAsync(path, Cancellation);
            foreach (var parameter in operation.Query.Where(HasDefault))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?{parameter["name"]}={parameter["schema"]!["default"]}");
                if (plain.Headers.ETag is { } tag) request.Headers.IfNoneMatch.Add(tag);
                using var said = await _app.Http.SendAsync(request, Cancellation);
                var isSame = plain.Headers.ETag is null
                    ? await said.Content.ReadAsStringAsync(Cancellation) == await plain.Content.ReadAsStringAsync(Cancellation)
                    : said.StatusCode == HttpStatusCode.NotModified;
                if (!isSame) _problems.Add($"{operation}: {parameter["name"]} does not default to {parameter["schema"]!["default"]}");
            }
        }

        static bool HasDefault(JsonObject parameter) => parameter["schema"]!["default"] is not null;
    }

    private static MultipartFormDataContent Pictures() => new() { { new ByteArrayContent(Uploads.Idx(0x803, [400, 28, 28])), "images", "images" } };

    private async Task AskAsync(
        string function, int status, string query = "", object? body = null, HttpContent? content = null, string run = "nobody", string dataset = "nothing",
        string epoch = "latest", string? from = null, EntityTagHeaderValue? known = null)
    {
        var operation = Document.Of(function);
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), operation.At(run, dataset, epoch, projection: _projection) + query);
        request.Content = content ?? (body is null || operation.Node["requestBody"] is null ? null : JsonContent.Create(body));
        if (from is not null) request.Headers.Add("Origin", from);
        if (known is not null) request.Headers.IfNoneMatch.Add(known);
        using var answer = await _app.Http.SendAsync(request, Cancellation);

        Assert.True(
            status == (int)answer.StatusCode,
            $"{operation}{query}: {(int)answer.StatusCode} instead of {status}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
        _answered.Add($"{function} {status}");
        _problems.AddRange((await Document.ProblemsOfAsync(operation, answer)).Select(problem => $"{operation}{query} {status}: {problem}"));
        if (answer is { StatusCode: HttpStatusCode.OK, Headers.ETag: { } tag })
            await AskAsync(function, 304, query, body, content, run, dataset, epoch, from, tag);
    }
}
