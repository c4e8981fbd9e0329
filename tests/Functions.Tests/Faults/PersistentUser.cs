using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// A user who repeats a call until it succeeds, and resumes a run that has failed. Each scenario returns what must not depend on faults: hashes,
/// losses, and the names of all that is stored in the end.
/// </summary>
/// <param name="http">The app, which may be another process at the next call.</param>
/// <param name="azurite">Its storage.</param>
internal sealed class PersistentUser(Func<HttpClient> http, AzuriteFixture azurite)
{
    private static readonly (string Name, byte[] Content)[] Files =
        [.. Enumerable.Range(0, 12).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 20, side: 28)))];

    private int _errors;

    /// <summary>The scenario of a sweep.</summary>
    public const string Sweep = "a sweep";

    /// <summary>What a user can do, by name.</summary>
    public static IReadOnlyDictionary<string, Func<PersistentUser, string, Task<string>>> Scenarios { get; } =
        new Dictionary<string, Func<PersistentUser, string, Task<string>>>
        {
            ["a run"] = (user, run) => user.TrainAsync(run),
            ["a run that is paused, extended and deleted"] = (user, run) => user.ControlAsync(run),
            ["a run that is exported, deleted and imported"] = (user, run) => user.MoveAsync(run),
            ["an upload that is deleted"] = (user, name) => user.UploadAsync(name),
            [Sweep] = (user, sweep) => user.SweepAsync(sweep),
        };

    /// <summary>Calls that the app answered with an error, and runs that failed.</summary>
    public int Errors => _errors;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The checkpoints, losses and files of a run.</summary>
    public async Task<string> FingerprintAsync(string run)
    {
        var checkpoints = await CallAsync(HttpMethod.Get, $"api/runs/{run}/checkpoints", NoBody);
        var losses = await CallAsync(HttpMethod.Get, $"api/runs/{run}/losses", NoBody);
        var text = new StringBuilder();
        foreach (var each in checkpoints["checkpoints"]!.AsArray())
            text.AppendLine($"{each!["name"]} {each["generator"]?.ToJsonString()} {each["training"]?.ToJsonString()}");
        foreach (var line in ApiCalls.LossesIn(losses)) text.AppendLine(line);
        foreach (var file in await FilesAsync($"runs/{run}/")) text.AppendLine(file);
        return text.ToString();
    }

    private async Task<string> TrainAsync(string run)
    {
        await CallAsync(HttpMethod.Post, "api/runs", () => JsonContent.Create(ApiCalls.Tiny(run)), HttpStatusCode.Conflict);
        await UntilAsync(run, "completed");
        return await FingerprintAsync(run);
    }

    private async Task<string> ControlAsync(string run)
    {
        await CallAsync(HttpMethod.Post, "api/runs", () => JsonContent.Create(ApiCalls.Tiny(run)), HttpStatusCode.Conflict);
        await CallAsync(HttpMethod.Post, $"api/runs/{run}/pause", NoBody, HttpStatusCode.Conflict, mayBeLate: true);
        if (await UntilAsync(run, "paused", "completed") == "paused")
            await CallAsync(HttpMethod.Post, $"api/runs/{run}/resume", NoBody, HttpStatusCode.Conflict);
        await UntilAsync(run, "completed");
        await ExtendAsync(run, epochs: 3);
        await UntilAsync(run, "completed");
        var trained = await FingerprintAsync(run);
        await CallAsync(HttpMethod.Delete, $"api/runs/{run}", NoBody, HttpStatusCode.NotFound);
        await Wait.UntilAsync(async () => (await FilesAsync($"runs/{run}/")).Count == 0, $"{run} to be gone");
        return trained;
    }

    private async Task<string> MoveAsync(string run)
    {
        await CallAsync(HttpMethod.Post, "api/runs", () => JsonContent.Create(ApiCalls.Tiny(run)), HttpStatusCode.Conflict);
        await UntilAsync(run, "completed");
        var archive = await RepeatAsync(HttpMethod.Get, $"api/runs/{run}/export", NoBody);
        await CallAsync(HttpMethod.Delete, $"api/runs/{run}", NoBody, HttpStatusCode.NotFound);
        // An import that was interrupted is deleted and sent again; one whose answer was lost has created the run.
        while ((string?)(await CallAsync(
            HttpMethod.Put, $"api/runs/{run}/import", () => new ByteArrayContent(archive), HttpStatusCode.Conflict))["detail"] is { } refusal)
        {
            if (!refusal.Contains("is being imported", StringComparison.Ordinal)) break;
            await CallAsync(HttpMethod.Delete, $"api/runs/{run}", NoBody, HttpStatusCode.NotFound);
        }
        await UntilAsync(run, "completed");
        await ExtendAsync(run, epochs: 3);
        await UntilAsync(run, "completed");
        return await FingerprintAsync(run);
    }

    private async Task<string> UploadAsync(string name)
    {
        await CallAsync(HttpMethod.Put, $"api/datasets/{name}", () => Uploads.ZipOf(Files), HttpStatusCode.Conflict);
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await CallAsync(HttpMethod.Get, $"api/datasets/{name}", NoBody);
            return (string)view["conversion"]!["state"]! is "ready" or "failed";
        }, $"{name} to be converted");
        Assert.Equal("ready", (string)view!["conversion"]!["state"]!);
        var stored = $"{view["sha256"]} {view["train"]} {view["test"]}";
        await CallAsync(HttpMethod.Delete, $"api/datasets/{name}", NoBody, HttpStatusCode.NotFound);
        await Wait.UntilAsync(async () => (await FilesAsync($"datasets/{name}/")).Count == 0, $"{name} to be gone");
        return stored;
    }

    private async Task<string> SweepAsync(string sweep)
    {
        // One trial at a time, so that the order of the results, on which promotions depend, is always the same
        var body = SweepCalls.Body(sweep, trials: 3, parallel: 1, epochs: 2, halving: new() { ["epochs"] = 1, ["factor"] = 2 });
        await CallAsync(HttpMethod.Post, "api/sweeps", () => JsonContent.Create(body), HttpStatusCode.Conflict);
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await CallAsync(HttpMethod.Get, $"api/sweeps/{sweep}", NoBody);
            Assert.True((string)view["state"]! != "failed", view.ToJsonString());
            await Task.Delay(200, Cancellation);
            return (string)view["state"]! == "completed";
        }, $"{sweep} to be completed");
        return string.Join('\n', SweepCalls.ResultsOf(view!));
    }

    /// <summary>Waits until the run is in one of the states, and resumes it if it has failed.</summary>
    private async Task<string> UntilAsync(string run, params string[] states)
    {
        var state = "";
        await Wait.UntilAsync(async () =>
        {
            var view = await CallAsync(HttpMethod.Get, $"api/runs/{run}", NoBody);
            state = (string)view["state"]!;
            if (state == "failed")
            {
                Interlocked.Increment(ref _errors);
                Assert.NotEmpty((string)view["error"]!);
                await CallAsync(HttpMethod.Post, $"api/runs/{run}/resume", NoBody, HttpStatusCode.Conflict);
            }
            await Task.Delay(50, Cancellation);
            return states.Contains(state);
        }, $"{run} to be {string.Join(" or ", states)}");
        return state;
    }

    /// <summary>Adds an epoch, and looks after an error whether that is done: another call would add another epoch.</summary>
    private async Task ExtendAsync(string run, int epochs)
    {
        while ((int)(await CallAsync(HttpMethod.Get, $"api/runs/{run}", NoBody))["progress"]!["epochs"]! < epochs)
        {
            using var body = JsonContent.Create(new { epochs = 1 });
            await TryAsync(HttpMethod.Post, $"api/runs/{run}/extend", body, HttpStatusCode.Conflict);
        }
    }

    private async Task<List<string>> FilesAsync(string prefix)
    {
        List<string> names = [];
        await foreach (var blob in azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(new() { Prefix = prefix }, Cancellation))
            names.Add(blob.Name[prefix.Length..]);
        return names;
    }

    /// <summary>Repeats a call until it succeeds.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">Creates the body of an attempt.</param>
    /// <param name="afterError">A status that is a success after an error: the call that failed had taken effect.</param>
    /// <param name="mayBeLate">Whether it is a success in any case: the run may have completed before the call.</param>
    private async Task<JsonObject> CallAsync(
        HttpMethod method, string path, Func<HttpContent?> body, HttpStatusCode? afterError = null, bool mayBeLate = false) =>
        await RepeatAsync(method, path, body, afterError, mayBeLate) is { Length: > 0 } json ? JsonNode.Parse(json)!.AsObject() : [];

    private async Task<byte[]> RepeatAsync(
        HttpMethod method, string path, Func<HttpContent?> body, HttpStatusCode? afterError = null, bool mayBeLate = false)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var content = body();
            if (await TryAsync(method, path, content, attempt > 0 || mayBeLate ? afterError : null) is { } answer) return answer;
            await Task.Delay(200, Cancellation);
        }
    }

    /// <summary>Makes a call.</summary>
    /// <returns>The body of the answer; null if the app said that the storage has failed, or was killed.</returns>
    private async Task<byte[]?> TryAsync(HttpMethod method, string path, HttpContent? body, HttpStatusCode? accepted = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using var answer = await http().SendAsync(request, Cancellation);
            var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
            if (answer.IsSuccessStatusCode || answer.StatusCode == accepted) return bytes;
            var text = Encoding.UTF8.GetString(bytes);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {(int)answer.StatusCode} {text}");
            Assert.Contains("storage", (string)JsonNode.Parse(text)!["detail"]!, StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception killed) when (
            !Cancellation.IsCancellationRequested
            && killed is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The app was killed; another one is starting.
        }
        Interlocked.Increment(ref _errors);
        return null;
    }

    private static HttpContent? NoBody() => null;
}
