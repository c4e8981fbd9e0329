using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_with_a_key_and_a_small_limit
{
    private const string Key = "s3cret";
    private const int MaxBytes = 20_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_so_to_the_command_line_and_refuses_archives_beyond_the_limit()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var app = AppProcess.Start(
            App.Dll, ["--urls", "http://0.0.0.0:0", "--EmbeddedHost:Key", Key, "--Archives:MaxBytes", $"{MaxBytes}"],
            new Dictionary<string, string?> { ["AzureWebJobsStorage"] = azurite.ConnectionString });
        var port = (await app.WaitUntilListeningAsync()).BaseAddress!.Port;
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}/") };

        Assert.Equal(
            (4, $"The app at {http.BaseAddress} requires a function key, and this one is missing or wrong: give it with --key or in GAN_KEY."),
            await RunAsync("runs", "--url", $"{http.BaseAddress}", "--key", "wrong"));
        Assert.Equal(4, (await RunAsync("train", "digits", "--url", $"{http.BaseAddress}")).Code);
        Assert.Equal((0, ""), await RunAsync("runs", "--url", $"{http.BaseAddress}", "--key", Key));

        http.DefaultRequestHeaders.Add("x-functions-key", Key);
        await http.TrainedAsync("tiny");
        using var export = await http.GetAsync("api/runs/tiny/export", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, export.StatusCode);
        Assert.Matches(
            $@"^The archive of run 'tiny' would have \d+ bytes; the maximum is {MaxBytes} \(setting Archives:MaxBytes\)\. Leave out the older checkpoints",
            (string)(await export.ReadAsync())["detail"]!);
        using var archive = new ByteArrayContent(new byte[MaxBytes + 1]);
        using var import = await http.PutAsync("api/runs/large/import", archive, Cancellation);
        using var unmeasured = await http.PutAsync("api/runs/large/import", new PushedContent(MaxBytes + 1), Cancellation);
        foreach (var refused in (HttpResponseMessage[])[import, unmeasured])
        {
            Assert.Equal(
                (HttpStatusCode.RequestEntityTooLarge, $"The archive has more than {MaxBytes} bytes (setting Archives:MaxBytes)."),
                (refused.StatusCode, (string)(await refused.ReadAsync())["detail"]!));
        }
        using var none = await http.GetAsync("api/runs/large", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = AppProcess.Start(Path.Combine(AppContext.BaseDirectory, "gan.dll"), arguments);
        return (await process.ExitAsync(), process.Errors);
    }

    /// <summary>A body of unknown length.</summary>
    private sealed class PushedContent(int bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(new byte[bytes]).AsTask();

        protected override bool TryComputeLength(out long length) => (length = 0) > 0;
    }
}
