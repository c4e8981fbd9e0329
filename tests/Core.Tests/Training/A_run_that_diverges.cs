using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_that_diverges(AzuriteFixture azurite)
{
    // A real divergence: the discriminator saturates at once, its gradients vanish, and Adam divides by almost zero.
    private static readonly TrainingOptions Hopeless = new()
    {
        Preset = Preset.Compact,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 1,
        ImagesPerEpoch = 2 * 100, // saturation is only detected in epochs of at least 100 steps
        BatchSize = 2,
        LearningRate = 1000,
        AdamEpsilon = 1e-12,
        Beta2 = 0,
        LabelSmoothing = 0,
    };

    [Fact]
    public async Task Fails_with_the_reason_and_commits_nothing_of_the_diverged_epoch()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        var result = await bench.TrainToTheEndAsync(await bench.StartAsync("hopeless", Hopeless));

        Assert.Equal(SliceOutcome.Diverged, result.Outcome);
        Assert.Matches("The training diverged: a (loss|weight) is NaN or infinite .*epoch 1, step \\d+", result.Reason);
        Assert.Empty(await bench.Checkpoints.ListAsync("hopeless", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Rolls_back_up_to_the_maximum_before_it_fails()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Hopeless with { OnDivergence = DivergencePolicy.RollBack, MaxRollBacks = 2 };

        var result = await bench.TrainToTheEndAsync(await bench.StartAsync("stubborn", options));

        Assert.Equal((SliceOutcome.Diverged, 2), (result.Outcome, result.Attempt));
    }

    [Fact]
    public async Task Logs_a_row_that_names_what_was_not_finite()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        await bench.TrainToTheEndAsync(await bench.StartAsync("hopeless", Hopeless));

        var rows = await bench.Losses.ReadAsync("hopeless", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Contains(rows, row => row.NonFinite is not null);
    }

    [Theory]
    [InlineData(DivergencePolicy.Fail, 0)]
    [InlineData(DivergencePolicy.RollBack, 1)]
    public async Task Because_its_discriminator_is_saturated_is_treated_like_one_with_infinite_losses(DivergencePolicy policy, int rollBacks)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Hopeless with
        {
            Epochs = 3,
            LearningRate = 1,
            AdamEpsilon = 1e-8,
            Beta2 = 0.999,
            Dropout = 0,
            GradientPenalty = 0, // the penalty would prevent saturation
            OnDivergence = policy,
            MaxRollBacks = 1,
        };

        var result = await bench.TrainToTheEndAsync(await bench.StartAsync("saturated", options));

        Assert.Equal((SliceOutcome.Diverged, rollBacks), (result.Outcome, result.Attempt));
        Assert.Matches("^The training diverged: the discriminator is saturated; in epoch \\d the mean D\\(x\\) was ", result.Reason);
    }
}
