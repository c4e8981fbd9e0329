using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>While the only worker trains a slice that lasts minutes, short work must not wait for its end.</summary>
[Collection(nameof(SharedApp))]
public sealed class Work_beside_a_training(App app) : IAsyncLifetime
{
    private readonly string _busy = $"busy-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Http => app.Http;

    public async ValueTask InitializeAsync()
    {
        await Http.StartAsync(ApiCalls.Long(_busy));
        await app.Process.WaitForLineAsync($"Run {_busy}: training from");
    }

    public async ValueTask DisposeAsync()
    {
        await StateAfterAsync(_busy, "cancel");
        await Http.UntilAsync(_busy, "cancelled");
    }

    [Fact]
    public async Task Prepares_a_new_run_which_obeys_at_once_while_it_is_queued()
    {
        await Http.StartAsync(ApiCalls.Tiny("next"));
        await Wait.UntilAsync(
            async () => await Http.JsonAsync("api/runs/next") is var next
                && (string)next["state"]! == "queued" && (int)next["progress"]!["stepsPerEpoch"]! == 4,
            "the preparation");

        Assert.Equal("paused", await StateAfterAsync("next", "pause"));
        Assert.Equal("queued", await StateAfterAsync("next", "resume"));
        Assert.Equal("queued", await StateAfterAsync("next", "extend", new { epochs = 3 }));
        Assert.Equal(5, (int)(await Http.JsonAsync("api/runs/next"))["progress"]!["epochs"]!);
        Assert.Equal("cancelled", await StateAfterAsync("next", "cancel"));
        using var deleted = await Http.DeleteAsync("api/runs/next", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await AssertStillTheSameSliceAsync();
    }

    [Fact]
    public async Task Converts_an_upload()
    {
        using var zip = Uploads.ZipOf([.. Enumerable.Range(0, 60).Select(i => ($"{i}.png", Pictures.Png(i, side: 28)))]);
        await Http.UploadAsync("beside", zip);
        await AssertStillTheSameSliceAsync();
    }

    [Fact]
    public async Task Takes_turns_with_another_run_and_is_stopped_in_mid_slice()
    {
        await Http.StartAsync(ApiCalls.Tiny("patient"));
        await StateAfterAsync(_busy, "pause");
        await Http.UntilAsync(_busy, "paused");
        await Http.UntilAsync("patient", "completed");
        Assert.Equal("queued", await StateAfterAsync(_busy, "resume"));
        await Wait.UntilAsync(async () => await Http.StateAsync(_busy) == "training", "the paused run to train again");
    }

    private async Task<string> StateAfterAsync(string run, string call, object? body = null)
    {
        using var answer = await Http.CallAsync($"api/runs/{run}/{call}", body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (string)(await answer.ReadAsync())["state"]!;
    }

    private async Task AssertStillTheSameSliceAsync()
    {
        Assert.Equal("training", await Http.StateAsync(_busy));
        Assert.Single(app.Process.Lines, line => line.Text.Contains($"Run {_busy}: training from", StringComparison.Ordinal));
    }
}
