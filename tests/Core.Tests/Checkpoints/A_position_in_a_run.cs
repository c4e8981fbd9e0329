using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_position_in_a_run
{
    private static readonly TrainingCursor MidEpoch =
        Commits.Position(epoch: 2, step: 9) with { Attempt = 1, Dataset = "then", EpochSums = new StepLosses(1, 2, 3, 4) };

    [Fact]
    public void At_the_end_of_an_epoch_is_followed_by_the_next_epoch()
    {
        var end = MidEpoch with { Step = 10 };

        Assert.Equal(MidEpoch, MidEpoch.ToNextStep());
        Assert.Equal(MidEpoch with { Epoch = 3, Step = 0, EpochSums = default }, end.ToNextStep());
        Assert.Equal((1, 2), (MidEpoch.CompletedEpochs, end.CompletedEpochs));
    }

    [Fact]
    public void Is_not_continued_with_a_changed_data_set()
    {
        MidEpoch.CheckDataset("pictures", "then");

        var refusal = Assert.Throws<RunRefusedException>(() => MidEpoch.CheckDataset("pictures", "now"));

        Assert.Equal(
            "The data set pictures has changed since the run began: its SHA-256 was then and is now. Start a new run, or upload the earlier data set again.",
            refusal.Message);
    }

    [Fact]
    public void Names_its_files_as_documented()
    {
        Assert.Equal("runs/run/checkpoints/001-00002-000009.json", RunPaths.Manifest("run", MidEpoch.Name));
        Assert.Equal("runs/run/shards/001-00002-000009/", RunPaths.Round("run", MidEpoch.Name));
        Assert.Equal("runs/run/shards/001-00002-000009/03-000007.json", RunPaths.Shard("run", MidEpoch.Name, worker: 3, step: 7));
        Assert.Equal("runs/run/blobs/hash", RunPaths.Blob("run", "hash"));
        Assert.Equal("runs/run/latest.json", RunPaths.Latest("run"));
        Assert.Equal("runs/run/grids/00002.png", RunPaths.Grid("run", epoch: 2));
        Assert.Equal("runs/run/projections/id.json", RunPaths.Projection("run", "id"));
        Assert.All(
            [RunPaths.Blobs("run"), RunPaths.Manifests("run"), RunPaths.Shards("run"), RunPaths.Grids("run"), RunPaths.Projections("run")],
            prefix => Assert.StartsWith(RunPaths.Root("run"), prefix, StringComparison.Ordinal));
    }
}
