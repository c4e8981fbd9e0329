using System.Collections.Concurrent;
using System.IO.Compression;
using GanFunctions.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_with_Application_Insights
{
    [Fact]
    public async Task Sends_the_spans_and_metrics_of_its_training_there()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var received = new ConcurrentQueue<string>();
        await using var ingestion = await StartIngestionAsync(received);
        var address = ingestion.Urls.Single();
        await using var app = App.Start(azurite.ConnectionString, new Dictionary<string, string?>
        {
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] =
                $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={address}/;LiveEndpoint={address}/",
            ["APPLICATIONINSIGHTS_STATSBEAT_DISABLED"] = "true",
        });
        var http = await app.WaitUntilListeningAsync();
        await Bars.UploadedAsync(http);
        using var started = await http.StartAsync(ApiCalls.Tiny("observed", Bars.Name));
        await http.UntilAsync("observed", "completed");

        await app.StopAsync(); // flushes the exporters

        var all = string.Join('\n', received);
        Assert.Contains("\"train slice\"", all, StringComparison.Ordinal);
        Assert.Contains("\"commit\"", all, StringComparison.Ordinal);
        Assert.Contains("gan.training.images_per_second", all, StringComparison.Ordinal);
        Assert.Contains("gan.training.commit_duration", all, StringComparison.Ordinal);
        Assert.Contains("observed", all, StringComparison.Ordinal);
    }

    /// <summary>A stand-in for the ingestion endpoint of Application Insights.</summary>
    private static async Task<WebApplication> StartIngestionAsync(ConcurrentQueue<string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.MapPost("/v2.1/track", async (HttpRequest request) =>
        {
            await using var body = request.Headers.ContentEncoding == "gzip" ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body;
            var text = await new StreamReader(body).ReadToEndAsync();
            received.Enqueue(text);
            var items = text.Count(character => character == '\n') + 1;
            return Results.Json(new { itemsReceived = items, itemsAccepted = items, errors = Array.Empty<object>() });
        });
        await server.StartAsync();
        return server;
    }
}
