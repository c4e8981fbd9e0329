using Azure.Data.Tables;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Tests;

/// <summary>With an app of its own, because it waits for half a minute.</summary>
public sealed class A_start_that_is_interrupted(App app) : IClassFixture<App>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Between_claim_and_schedule_is_recovered()
    {
        // The row that a start leaves if the app is killed right after the claim, here half a minute ago.
        var row = new RunRow
        {
            RowKey = "cut-off",
            InstanceId = "never-scheduled",
            TargetEpochs = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
            ClaimedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(31),
            OptionsJson = """{"dataset":"digits","epochs":1,"imagesPerEpoch":64,"batchSize":16,"qualitySamples":0,"preset":"compact","widthMultiplier":0.25}""",
        };
        await new TableServiceClient(app.Azurite.ConnectionString).GetTableClient("GanRuns").AddEntityAsync(row, Cancellation);

        await app.Http.UntilAsync("cut-off", "completed");

        Assert.Equal("000-00001-000004", (await app.Http.LastCheckpointAsync("cut-off")).Name);
    }
}
