using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_that_diverges(AzuriteFixture azurite)
{
    // The discriminator saturates at once, its gradients vanish, and Adam divides by next to nothing: a divergence that is real.
    private static readonly TrainingOptions Hopeless = new()
    {
        Dataset = "digits",
        Epochs = 1,
        ImagesPerEpoch = 16 * 100,
        BatchSize = 16,
        LearningRate = 1000,
        AdamEpsilon = 1e-12,
        Beta2 = 0,
        LabelSmoothing = 0,
    };

    [Fact]
    public async Task Says_why_and_commits_nothing_of_it()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        var result = await bench.TrainToTheEndAsync(await bench.StartAsync("hopeless", Hopeless));

        Assert.Equal(SliceOutcome.Diverged, result.Outcome);
        Assert.Matches("The training diverged: a (loss|weight) is not finite .*epoch 1, step \\d+", result.Reason);
        Assert.Empty(await bench.Checkpoints.ListAsync("hopeless", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Rolls_back_as_often_as_it_may_before_it_fails()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Hopeless with { OnDivergence = DivergencePolicy.RollBack, MaxRollBacks = 2 };

        var result = await bench.TrainToTheEndAsync(await bench.StartAsync("stubborn", options));

        Assert.Equal((SliceOutcome.Diverged, 2), (result.Outcome, result.Attempt));
    }

    [Fact]
    public async Task Leaves_a_row_that_names_what_was_not_finite()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        await bench.TrainToTheEndAsync(await bench.StartAsync("hopeless", Hopeless));

        var rows = await bench.Losses.ReadAsync("hopeless", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Contains(rows, row => row.NonFinite is not null);
    }
}
