using System.Text.Json.Nodes;

[assembly: AssemblyFixture(typeof(GanFunctions.Browser.Tests.TrainedRun))]

namespace GanFunctions.Browser.Tests;

/// <summary>A run that is trained, measured and conditional, for all that looks at one.</summary>
public sealed class TrainedRun(App app) : IAsyncLifetime
{
    public const string Id = "trained";
    public const int Epochs = 4;

    /// <summary>What it was started with, for one more of the kind.</summary>
    public static JsonObject Body(string run) => new()
    {
        ["run"] = run,
        ["dataset"] = SmallData.Name,
        ["epochs"] = Epochs,
        ["imagesPerEpoch"] = 320,
        ["batchSize"] = 16,
        ["logEvery"] = 2,
        ["qualitySamples"] = 100,
        ["conditional"] = true,
        ["precision"] = "fp32",
    };

    public async ValueTask InitializeAsync()
    {
        await SmallData.UploadAsync(app.Http);
        using var started = await app.Http.StartAsync(Body(Id));
        started.EnsureSuccessStatusCode();
        await app.Http.UntilAsync(Id, "completed");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
