using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// Kills of the app and of Azurite at the same moment, at a random time of an upload and of a run on it. Azurite then loses the writes of its last seconds
/// (docs/operations.md). Two of them in a soak test, GANFUNCTIONS_POWER_FAILURES of them if that is set.
/// </summary>
public sealed class Power_failures(ITestOutputHelper output)
{
    private const string Dataset = "fault-pictures";
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("GANFUNCTIONS_POWER_FAILURES");
    private static readonly int Count = Wanted is null ? 2 : int.Parse(Wanted, CultureInfo.InvariantCulture);

    private static readonly (string Name, byte[] Content)[] Files =
        [.. Enumerable.Range(0, 96).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 2, side: 28)))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lose_the_last_seconds_and_nothing_else()
    {
        if (Wanted is null) Soak.Only("a minute");
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var azurite = await AzuriteFixture.StartAsync();
        var app = App.Start(azurite.ConnectionString, App.ImpatientHub);
        try
        {
            var http = await app.WaitUntilListeningAsync();
            var user = new PersistentUser(() => http, azurite);
            var begun = TimeProvider.System.GetTimestamp();
            var expected = await PlayAsync(() => http, user, "fault-free");
            var duration = TimeProvider.System.GetElapsedTime(begun);
            for (var failure = 1; failure <= Count; failure++)
            {
                using (await http.DeleteAsync($"api/datasets/{Dataset}", Cancellation)) { }
                var played = PlayAsync(() => http, user, $"fault-{failure}");
                await Task.WhenAny(played, Task.Delay(random.NextDouble() * duration, Cancellation));

                UnixSignal.Send(azurite.Azurite.Id, UnixSignal.Kill);
                await app.KillAsync();
                output.WriteLine(played.IsCompleted ? "killed after the end" : "killed");
                await app.DisposeAsync();
                await azurite.RestartAsync();
                app = App.Start(azurite.ConnectionString, App.ImpatientHub);
                http = await app.WaitUntilListeningAsync();

                Assert.Equal(expected, await played);
                Assert.Equal(expected, await PlayAsync(() => http, user, $"fault-{failure}")); // what the failure undid after the end is done again
            }
        }
        catch
        {
            output.WriteLine(app.Output);
            throw;
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    /// <summary>Uploads a data set and trains a run on it, and does again what is lost.</summary>
    /// <returns>The run's checkpoints, losses and files.</returns>
    private static async Task<string> PlayAsync(Func<HttpClient> http, PersistentUser user, string run)
    {
        var body = ApiCalls.Tiny(run);
        (body["dataset"], body["imagesPerEpoch"], body["epochs"]) = (Dataset, 64, 3);
        string? fingerprint = null;
        await Wait.UntilAsync(async () =>
        {
            var app = http();
            try
            {
                var dataset = await FindAsync(app, $"api/datasets/{Dataset}");
                if ((string?)dataset?["conversion"]?["state"] is null or "failed")
                {
                    using var zip = Uploads.ZipOf(Files);
                    using var uploaded = await app.PutAsync($"api/datasets/{Dataset}", zip, Cancellation);
                    Assert.Contains(uploaded.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]);
                    return false;
                }
                if ((string?)dataset["conversion"]!["state"] != "ready") return false;
                if (await FindAsync(app, $"api/runs/{run}") is not { } view)
                {
                    using var started = await app.PostAsJsonAsync("api/runs", body, Cancellation);
                    Assert.Contains(started.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]);
                    return false;
                }
                if ((string)view["state"]! == "failed") Assert.Fail(view.ToJsonString());
                if ((string)view["state"]! != "completed") return false;
                fingerprint = await user.FingerprintAsync(run);
                return app == http();
            }
            catch (Exception exception) when (!Cancellation.IsCancellationRequested && (app != http() || IsNoAnswer(exception)))
            {
                return false; // A failure may have undone what was true when this attempt began.
            }
        }, $"{run} to be completed");
        return fingerprint!;
    }

    /// <summary>Whether the app, or Azurite after the retries of its client, is not running.</summary>
    private static bool IsNoAnswer(Exception exception) =>
        exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException
            or RequestFailedException { Status: 0 } or AggregateException;

    private static async Task<JsonObject?> FindAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path, Cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) throw new HttpRequestException($"{path}: the storage does not answer");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.ReadAsync();
    }
}
