using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_log_of_a_slice(AzuriteFixture azurite) : RunTableTests(azurite)
{
    private readonly LogRecorder _log = new();
    private readonly TableClient _losses = azurite.Tables().GetTableClient("Losses" + Guid.NewGuid().ToString("N"));

    private LossLog Losses => new(_losses);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await _losses.CreateAsync(Cancellation);
        await Runs.TryClaimAsync(new RunRow { RowKey = "a", InstanceId = "one" }, Cancellation);
    }

    public override async ValueTask DisposeAsync()
    {
        await _losses.DeleteAsync(CancellationToken.None);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Writes_what_was_collected_once()
    {
        var log = Log();
        log.Add(Row(1));
        log.Add(Row(2));
        log.Report(At(1));
        log.Report(At(2));

        await log.FlushAsync(Cancellation);

        Assert.Equal([1, 2], await StepsAsync());
        Assert.Equal(2, (await RowAsync()).Step);
        await Runs.MergeProgressAsync("a", At(9), Cancellation);
        await log.FlushAsync(Cancellation);
        Assert.Equal(9, (await RowAsync()).Step);
    }

    [Fact]
    public async Task Keeps_losses_that_cannot_be_written_for_the_next_time()
    {
        var log = Log();
        log.Add(Row(1));
        log.Report(At(1));
        await _losses.DeleteAsync(Cancellation);

        await Assert.ThrowsAnyAsync<RequestFailedException>(() => log.FlushAsync(Cancellation));
        Assert.Equal(0, (await RowAsync()).Step);
        await _losses.CreateAsync(Cancellation);
        log.Add(Row(2));
        await log.FlushAsync(Cancellation);

        Assert.Equal([1, 2], await StepsAsync());
        Assert.Equal(1, (await RowAsync()).Step);
    }

    [Fact]
    public async Task Is_not_complete_without_the_losses()
    {
        var log = Log();
        log.Add(Row(1));
        await _losses.DeleteAsync(Cancellation);

        await Assert.ThrowsAnyAsync<RequestFailedException>(log.CompleteAsync);

        await _losses.CreateAsync(Cancellation);
        await log.CompleteAsync();
        Assert.Equal([1], await StepsAsync());
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Is_complete_without_the_progress_which_the_row_has_too()
    {
        var log = new SliceLog("a", UnreachableRuns, Losses, _log);
        log.Add(Row(1));
        log.Report(At(1));

        await log.CompleteAsync();

        Assert.Equal([1], await StepsAsync());
        Assert.Contains("Run a: could not publish the progress.", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private static LossRow Row(int step) => LossRow.OfStep("a", 0, 1, step, new StepLosses(1, 2, 0.5, 0.5), 7, DateTimeOffset.UnixEpoch);

    private static TrainingProgress At(int step) => new(0, 1, step, 10, 7, new StepLosses(1, 2, 0.5, 0.5));

    private SliceLog Log() => new("a", Runs, Losses, _log);

    private async Task<List<int?>> StepsAsync() => await Losses.ReadAsync("a", Cancellation).Select(row => row.Step()).ToListAsync(Cancellation);
}
