using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Runs;

public sealed class An_estimate_of_the_cost
{
    private static readonly TrainingOptions Options = new() { BatchSize = 2, MaxSliceSeconds = 60 };
    private static readonly CostSettings Prices = new() { InstanceMemoryMB = 1024, PricePerGbSecond = 1, PricePerMillionExecutions = 250_000, Currency = "EUR" };

    [Fact]
    public void Is_the_pace_of_the_slices_after_the_first()
    {
        var row = Row(step: 8);
        (row.Executions, row.BilledMilliseconds, row.FirstSliceMilliseconds, row.FirstSliceSteps) = (3, 14_000, 8000, 2);

        Assert.Equal(new TrainingPace(6000 / 12.0, 2 / 12.0), TrainingPace.Of(row)); // six steps of two pictures
    }

    [Theory]
    [InlineData(0.1, 10_000, 1 / 6.0)] // a slice ends after a minute
    [InlineData(10, 100, 1 / 20.0)] // or after an epoch of ten steps
    [InlineData(0.01, 100_000, 1)] // and has a picture at least
    public void Is_the_speed_of_the_training_before_that(double speed, double milliseconds, double executions)
    {
        var row = Row(step: 0);
        row.ImagesPerSecond = speed;

        var pace = TrainingPace.Of(row)!;

        Assert.Equal(milliseconds, pace.MillisecondsPerPicture, 1e-9);
        Assert.Equal(executions, pace.ExecutionsPerPicture, 1e-9);
    }

    [Fact]
    public void Is_none_before_the_speed_is_known()
    {
        Assert.Null(TrainingPace.Of(Row(step: 0)));
        Assert.Null(TrainingPace.Of(new RunRow { OptionsJson = OptionsReader.Write(Options), ImagesPerSecond = 10 }));
    }

    [Fact]
    public void Is_for_the_pictures_that_are_left()
    {
        var row = Row(step: 8);
        (row.Executions, row.BilledMilliseconds, row.FirstSliceMilliseconds, row.FirstSliceSteps, row.TargetEpochs) = (3, 14_000, 8000, 2, 2);

        var cost = RunCost.Of(row, Prices);

        Assert.Equal(new RunCost(3, 0.2333, 14, 14.75, "EUR", new CostEstimate(4, 12, 13)), cost); // 24 pictures
        row.Phase = Phase.Completed;
        Assert.Null(RunCost.Of(row, Prices).Estimated);
        (row.Phase, row.TargetEpochs, row.Checkpoint) = (Phase.Training, 1, Name(10));
        Assert.Null(RunCost.Of(row, Prices).Estimated);
    }

    private static RunRow Row(int step) => new() { OptionsJson = OptionsReader.Write(Options), StepsPerEpoch = 10, Checkpoint = Name(step) };

    private static string Name(int step) => $"000-00001-{step:D6}";
}
