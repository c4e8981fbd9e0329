using System.Net;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Runs_whose_data_set_has_changed(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stay_completed_and_continue_on_the_earlier_data()
    {
        var before = await UploadAsync("replaced", 64);
        var body = ApiCalls.Tiny("on-replaced");
        body["dataset"] = "replaced";
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("on-replaced", "completed");
        var after = await UploadAsync("replaced", 65);

        using (var refused = await app.Http.CallAsync("api/runs/on-replaced/extend", new { epochs = 1 }))
        {
            await AssertRefusedAsync(refused, "completed", before, after);
        }
        Assert.Equal("completed", await app.Http.StateAsync("on-replaced"));

        await UploadAsync("replaced", 64);
        using var extended = await app.Http.CallAsync("api/runs/on-replaced/extend", new { epochs = 1 });
        Assert.Equal(HttpStatusCode.Accepted, extended.StatusCode);
        await app.Http.UntilAsync("on-replaced", "completed");
    }

    // The API refuses to replace the data set of a paused run, but it can still change in the storage account itself.
    [Fact]
    public async Task Stay_paused_whether_it_was_replaced_or_deleted()
    {
        var before = await UploadAsync("swapped", 64);
        var body = ApiCalls.Tiny("on-swapped");
        (body["dataset"], body["epochs"]) = ("swapped", 90_000);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("on-swapped", "training");
        using var pausing = await app.Http.CallAsync("api/runs/on-swapped/pause");
        await app.Http.UntilAsync("on-swapped", "paused");
        var manifest = app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobClient("datasets/swapped/dataset.json");
        var original = (await manifest.DownloadContentAsync(Cancellation)).Value.Content;
        var after = new string('0', before.Length);

        await manifest.UploadAsync(
            new BinaryData(original.ToString().Replace(before, after, StringComparison.Ordinal)), overwrite: true, Cancellation);
        using (var refused = await app.Http.CallAsync("api/runs/on-swapped/resume")) await AssertRefusedAsync(refused, "paused", before, after);
        await manifest.DeleteAsync(cancellationToken: Cancellation);
        using (var refused = await app.Http.CallAsync("api/runs/on-swapped/resume"))
        {
            Assert.Equal((HttpStatusCode.Conflict, "The data set is gone."), (refused.StatusCode, (string)(await refused.ReadAsync())["title"]!));
        }
        Assert.Equal("paused", await app.Http.StateAsync("on-swapped"));

        await manifest.UploadAsync(original, overwrite: true, Cancellation);
        using var resumed = await app.Http.CallAsync("api/runs/on-swapped/resume");
        Assert.Equal(HttpStatusCode.Accepted, resumed.StatusCode);
        using var cancelling = await app.Http.CallAsync("api/runs/on-swapped/cancel");
        await app.Http.UntilAsync("on-swapped", "cancelled");
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage refused, string state, string before, string after)
    {
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        var problem = await refused.ReadAsync();
        Assert.Equal(("The run cannot continue.", state), ((string)problem["title"]!, (string)problem["state"]!));
        Assert.Contains(
            $"has changed since the run began: its SHA-256 was {before} and is {after}. Start a new run, or upload the earlier data set again.",
            (string)problem["detail"]!, StringComparison.Ordinal);
    }

    /// <summary>Uploads noise and returns its hash.</summary>
    private async Task<string> UploadAsync(string name, int pictures)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [pictures, 28, 28])), "images", "images" } };
        return (string)(await app.Http.UploadAsync(name, form))["sha256"]!;
    }
}
