using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Checkpoints;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_reason_to_stop
{
    private static readonly RunLimits Limits = new(new CostSettings
    {
        InstanceMemoryMB = 1024,
        PricePerGbSecond = 1,
        PricePerMillionExecutions = 250_000,
        Currency = "EUR",
    });

    [Theory]
    [InlineData(1, 4, 0, "The last measured epoch was no better than epoch 3, whose Fréchet distance is 12.5: patience is 1.")]
    [InlineData(2, 4, 0, null)]
    [InlineData(2, 5, 0, "The last 2 measured epochs were no better than epoch 3, whose Fréchet distance is 12.5: patience is 2.")]
    [InlineData(2, 5, 4, null)] // extended after epoch 4
    [InlineData(2, 6, 4, "The last 2 measured epochs were no better than epoch 3, whose Fréchet distance is 12.5: patience is 2.")]
    [InlineData(null, 99, 0, null)]
    [InlineData(2, 8, 0, null, 3)] // only epoch 6 was measured since
    [InlineData(3, 12, 0, "The last 3 measured epochs were no better than epoch 3, whose Fréchet distance is 12.5: patience is 3.", 3)]
    [InlineData(3, 12, 5, "The last 3 measured epochs were no better than epoch 3, whose Fréchet distance is 12.5: patience is 3.", 3)]
    [InlineData(3, 14, 6, null, 3)]
    public void Is_that_the_pictures_no_longer_improve(int? patience, int completed, int startsAfter, string? reason, int every = 1)
    {
        var row = RowOf(new TrainingOptions { Patience = patience, QualityEvery = every });
        row.PatienceStartsAfter = startsAfter;

        Assert.Equal(reason, EarlyStopping.ReasonToStop(row, After(completed, new BestEpoch(3, 12.5, null, "reference"))));
        Assert.Null(EarlyStopping.ReasonToStop(row, After(completed, best: null)));
        Assert.Null(EarlyStopping.ReasonToStop(row, last: null));
    }

    [Theory]
    [InlineData(29_999, 0, null)]
    [InlineData(30_000, 0, "The run has been billed for 0.5 minutes of training: maxMinutes is 0.5.")]
    [InlineData(40_000, 10_001, null)]
    [InlineData(40_000, 10_000, "The run has been billed for 0.5 minutes of training since it was extended: maxMinutes is 0.5.")]
    public void Is_the_time(long billed, long startsAfter, string? reason)
    {
        var row = RowOf(new TrainingOptions { MaxMinutes = 0.5 });
        (row.BilledMilliseconds, row.LimitsStartAfterMilliseconds, row.LimitsStartAfterExecutions) = (billed, startsAfter, startsAfter > 0 ? 1 : 0);

        Assert.Equal(reason, Limits.ReasonToStop(row));
    }

    [Theory]
    [InlineData(29_999, 2, null)]
    [InlineData(30_000, 2, "The run has cost 30.5 EUR: maxCost is 30.5.")]
    [InlineData(30_000, 1, null)]
    public void Is_the_cost(long billed, int executions, string? reason)
    {
        var row = RowOf(new TrainingOptions { MaxCost = 30.5 });
        (row.BilledMilliseconds, row.Executions) = (billed, executions);

        Assert.Equal(reason, Limits.ReasonToStop(row));
    }

    [Theory]
    [InlineData(1, 80)]
    [InlineData(4, 20)]
    public void Shortens_the_slices_of_all_workers_before_it_occurs(int workers, double seconds)
    {
        var row = RowOf(new TrainingOptions { MaxSliceSeconds = 200, MaxMinutes = 2, Workers = workers });
        row.BilledMilliseconds = 40_000;

        Assert.Equal(seconds, Limits.SecondsOfSlice(row));
        Assert.Equal(200, Limits.SecondsOfSlice(RowOf(new TrainingOptions { MaxSliceSeconds = 200 })));
    }

    [Theory]
    [InlineData(1, 69.5)] // 100 less 30 and two executions
    [InlineData(2, 34.625)]
    public void Shortens_the_slices_by_their_cost(int workers, double seconds)
    {
        var row = RowOf(new TrainingOptions { MaxSliceSeconds = 200, MaxCost = 100, Workers = workers });
        (row.BilledMilliseconds, row.Executions) = (30_000, 1);

        Assert.Equal(seconds, Limits.SecondsOfSlice(row), 1e-9);
    }

    private static RunRow RowOf(TrainingOptions options) => new() { OptionsJson = OptionsReader.Write(options) };

    private static Manifest After(int epoch, BestEpoch? best) =>
        new(Commits.Position(epoch, Commits.StepsPerEpoch) with { Best = best }, BlobReference.Of([1]), BlobReference.Of([2]));
}
