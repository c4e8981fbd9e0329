using System.Text.Json.Nodes;

namespace GanFunctions.Browser.Tests;

/// <summary>A completed, conditional run with quality measurements, shared by all tests. The first test that needs it trains it.</summary>
internal static class TrainedRun
{
    public const string Id = "trained";
    public const int Epochs = 4;
    private static readonly SemaphoreSlim Lock = new(1);
    private static bool _isReady;

    /// <summary>The body that starts the run, or another run like it.</summary>
    public static JsonObject Body(string run) => new()
    {
        ["run"] = run,
        ["preset"] = "compact",
        ["widthMultiplier"] = 0.25,
        ["dataset"] = SmallData.Name,
        ["epochs"] = Epochs,
        ["imagesPerEpoch"] = 160,
        ["batchSize"] = 16,
        ["logEvery"] = 2,
        ["qualitySamples"] = 100,
        ["conditional"] = true,
        ["precision"] = "fp32",
        ["threads"] = 1,
    };

    /// <summary>Waits until the run is completed.</summary>
    public static async Task ReadyAsync(App app)
    {
        await Lock.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_isReady) return;
            await SmallData.UploadAsync(app.Http);
            using var started = await app.Http.StartAsync(Body(Id));
            started.EnsureSuccessStatusCode();
            await app.Http.UntilAsync(Id, "completed");
            _isReady = true;
        }
        finally
        {
            Lock.Release();
        }
    }
}
