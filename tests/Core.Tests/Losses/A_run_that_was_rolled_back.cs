using GanFunctions.Core.Losses;


namespace GanFunctions.Core.Tests.Losses;

public sealed class A_run_that_was_rolled_back
{
    [Fact]
    public void Keeps_the_steps_that_were_not_repeated()
    {
        List<LossRow> rows =
        [
            Step(0, 1, 10), Step(0, 1, 20), Epoch(0, 1), Step(0, 2, 10), Step(0, 2, 20), Epoch(0, 2), Step(0, 3, 10),
            Step(1, 2, 20), Epoch(1, 2), Step(1, 3, 10), Step(1, 3, 20),
            Step(2, 3, 20), Epoch(2, 3),
        ];

        var standing = LossHistory.WithoutRolledBack(rows);

        Assert.Equal(
            [
                "000-00001-000010", "000-00001-000020", "000-00001-epoch", "000-00002-000010", "001-00002-000020", "001-00002-epoch",
                "001-00003-000010", "002-00003-000020", "002-00003-epoch",
            ],
            standing.Select(row => row.RowKey));
    }

    [Fact]
    public void Keeps_nothing_of_attempts_that_were_repeated_from_their_start()
    {
        List<LossRow> rows = [Step(0, 1, 10), Epoch(0, 1), Step(0, 2, 10), Step(1, 2, 10), Step(2, 1, 10)];

        Assert.Equal(["002-00001-000010"], LossHistory.WithoutRolledBack(rows).Select(row => row.RowKey));
    }

    private static LossRow Step(int attempt, int epoch, int step) => LossRow.OfStep("run", attempt, epoch, step, default, 300, DateTimeOffset.UnixEpoch);

    private static LossRow Epoch(int attempt, int epoch) => LossRow.OfEpoch("run", attempt, epoch, default, 300, DateTimeOffset.UnixEpoch);
}
