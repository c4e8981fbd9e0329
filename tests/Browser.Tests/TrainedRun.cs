using System.Text.Json.Nodes;

namespace GanFunctions.Browser.Tests;

/// <summary>A run that is trained, measured and conditional, for all that looks at one: trained for the first that asks.</summary>
internal static class TrainedRun
{
    public const string Id = "trained";
    public const int Epochs = 4;
    private static readonly SemaphoreSlim Turn = new(1);
    private static bool _isThere;

    /// <summary>What it was started with, for one more of the kind.</summary>
    public static JsonObject Body(string run) => new()
    {
        ["run"] = run,
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

    /// <summary>Makes sure that it is there.</summary>
    public static async Task ReadyAsync(App app)
    {
        await Turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_isThere) return;
            await SmallData.UploadAsync(app.Http);
            using var started = await app.Http.StartAsync(Body(Id));
            started.EnsureSuccessStatusCode();
            await app.Http.UntilAsync(Id, "completed");
            _isThere = true;
        }
        finally
        {
            Turn.Release();
        }
    }
}
