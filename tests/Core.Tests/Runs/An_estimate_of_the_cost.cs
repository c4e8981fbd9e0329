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
    [InlineData(1, 8)] // only the first slice has ended
    [InlineData(2, 2)] // and the second has trained nothing
    public void Is_the_speed_of_the_training_until_there_is_such_a_slice(int executions, int step)
    {
        var row = Row(step);
        (row.Executions, row.BilledMilliseconds, row.FirstSliceMilliseconds, row.FirstSliceSteps) = (executions, 14_000, 8000, 2);
        row.ImagesPerSecond = 10;

        Assert.Equal(new TrainingPace(100, 1 / 20.0), TrainingPace.Of(row));
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

    [Fact]
    public void Has_prices_that_are_valid()
    {
        Assert.Equal(Prices, Prices.Validated());
        Assert.Equal("USD", new CostSettings { InstanceMemoryMB = 1, PricePerGbSecond = 0, PricePerMillionExecutions = 0 }.Validated().Currency);
        Assert.Equal(
            "The setting Costs:InstanceMemoryMB is 0, which is not valid; it must be a whole number from 1.", Refusal(Prices with { InstanceMemoryMB = 0 }));
        Assert.Equal(
            "The setting Costs:PricePerGbSecond is -0.1, which is not valid; it must be a number from 0.", Refusal(Prices with { PricePerGbSecond = -0.1m }));
        Assert.Equal(
            "The setting Costs:PricePerMillionExecutions is -1, which is not valid; it must be a number from 0.",
            Refusal(Prices with { PricePerMillionExecutions = -1 }));
        Assert.Equal(
            "The setting Costs:Currency is '', which is not valid; it must be the name of a currency, such as USD.", Refusal(Prices with { Currency = " " }));

        static string Refusal(CostSettings settings) => Assert.Throws<InvalidOperationException>(settings.Validated).Message;
    }

    private static RunRow Row(int step) => new() { OptionsJson = OptionsReader.Write(Options), StepsPerEpoch = 10, Checkpoint = Name(step) };

    private static string Name(int step) => $"000-00001-{step:D6}";
}
