using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;


namespace GanFunctions.Functions.Runs;

/// <summary>A run as the API shows it.</summary>
/// <param name="Run">Its id.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Actions">The actions that would change the run in this state.</param>
/// <param name="Dataset">Name of the data set it trains on.</param>
/// <param name="Preset">The recipe it trains by.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="ImagesPerSecond">Training speed; null until it is known.</param>
/// <param name="SecondsLeft">Until its last epoch ends, at that speed; null while it does not train.</param>
/// <param name="Losses">Those of the last step; null before the first.</param>
/// <param name="StoppedEarly">Why it completed before its last epoch; null where it did not.</param>
/// <param name="Quality">How good the pictures of the epoch <paramref name="QualityEpoch"/> are; null before the first that was measured.</param>
/// <param name="QualityEpoch">The last epoch whose pictures were measured.</param>
/// <param name="Best">The epoch whose pictures are nearest to real ones; null before the first that was measured.</param>
/// <param name="Warnings">What is wrong with its pictures, in words; empty where nothing is.</param>
/// <param name="Checkpoint">Name of the latest checkpoint; null before the first.</param>
/// <param name="RollBacks">Times that the training went back after it had diverged.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="UpdatedAt">When anything of this changed last; null in the answer to the call that starts it.</param>
/// <param name="Options">All options, as the run resolved them.</param>
/// <param name="Links">Where its resources are.</param>
public sealed record RunView(
    string Run, RunState State, IReadOnlyList<RunAction> Actions, string Dataset, Preset Preset, RunProgress Progress, double? ImagesPerSecond, double? SecondsLeft,
    RunLosses? Losses, string? StoppedEarly, PictureQuality? Quality, int? QualityEpoch, RunBest? Best,
    IReadOnlyList<string> Warnings, string? Checkpoint, int RollBacks, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? UpdatedAt,
    TrainingOptions Options, RunLinks Links)
{
    /// <summary>The view of a row.</summary>
    public static RunView Of(RunRow row)
    {
        var options = row.Options;
        var progress = RunProgress.Of(row);
        var stepsLeft = (1 - progress.Fraction) * row.TargetEpochs * row.StepsPerEpoch;
        var secondsLeft = row.State() == RunState.Training && row.ImagesPerSecond > 0
            ? Math.Round(stepsLeft * options.BatchSize / row.ImagesPerSecond.Value)
            : (double?)null;
        return new RunView(
            row.RowKey, row.State(), RunTransitions.ActionsIn(row.State()), options.Dataset, options.Preset, progress, Rounded(row.ImagesPerSecond), secondsLeft, RunLosses.Of(row), row.StoppedEarly,
            row.Quality, row.QualityEpoch, RunBest.Of(row), WarningsOf(row), row.Checkpoint, row.Attempt, row.Error, row.CreatedAt, row.Timestamp, options, RunLinks.Of(row.RowKey));
    }

    private static IReadOnlyList<string> WarningsOf(RunRow row) =>
        row is { QualityEpoch: { } epoch, Quality: { } quality } ? ModeCollapse.WarningsOf(epoch, quality) : [];

    private static double? Rounded(double? value) => value is { } number ? Math.Round(number, 1) : null;
}

/// <summary>How far a run is.</summary>
/// <param name="Epoch">The epoch in training, from 1; 0 before the first.</param>
/// <param name="Epochs">The last epoch to train.</param>
/// <param name="Step">Steps of that epoch done.</param>
/// <param name="StepsPerEpoch">Steps in an epoch; 0 until known.</param>
/// <param name="Fraction">Of all steps, from 0 to 1; 1 too where the run completed early.</param>
public sealed record RunProgress(int Epoch, int Epochs, int Step, int StepsPerEpoch, double Fraction)
{
    /// <summary>The progress of a row.</summary>
    public static RunProgress Of(RunRow row)
    {
        var done = row.Epoch == 0 || row.StepsPerEpoch == 0 ? 0 : row.Epoch - 1 + (double)row.Step / row.StepsPerEpoch;
        return new(row.Epoch, row.TargetEpochs, row.Step, row.StepsPerEpoch, row.StoppedEarly is null ? Math.Round(Math.Min(done / row.TargetEpochs, 1), 6) : 1);
    }
}

/// <summary>The epoch whose pictures are nearest to real ones.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="FrechetDistance">Between its pictures and real ones.</param>
public sealed record RunBest(int Epoch, double FrechetDistance)
{
    /// <summary>The best epoch of a row; null before the first that was measured.</summary>
    public static RunBest? Of(RunRow row) => row is { BestEpoch: { } epoch, BestDistance: { } distance } ? new(epoch, distance) : null;
}

/// <summary>The last step's losses, in nats, and mean probabilities. A value that was not finite is null.</summary>
/// <param name="Discriminator">The discriminator's loss.</param>
/// <param name="Generator">The generator's loss.</param>
/// <param name="RealScore">D(x): how real the discriminator finds real pictures.</param>
/// <param name="FakeScore">D(G(z)): how real it finds generated ones.</param>
public sealed record RunLosses(double? Discriminator, double? Generator, double? RealScore, double? FakeScore)
{
    /// <summary>The losses of a row; null before the first step.</summary>
    public static RunLosses? Of(RunRow row) => row.DiscriminatorLoss is null && row.GeneratorLoss is null
        ? null
        : new(row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore);
}

/// <summary>Where a run's resources are.</summary>
/// <param name="Self">The run.</param>
/// <param name="Losses">Its losses, or a chart of them.</param>
/// <param name="Samples">Pictures.</param>
/// <param name="Timelapse">What it drew epoch after epoch.</param>
/// <param name="Walk">Pictures that turn into each other.</param>
/// <param name="Neighbours">The training pictures nearest to a drawn one.</param>
/// <param name="Checkpoints">All of them.</param>
/// <param name="Pause">To post to.</param>
/// <param name="Resume">To post to.</param>
/// <param name="Cancel">To post to.</param>
/// <param name="Extend">To post to.</param>
public sealed record RunLinks(
    string Self, string Losses, string Samples, string Timelapse, string Walk, string Neighbours, string Checkpoints, string Pause, string Resume,
    string Cancel, string Extend)
{
    /// <summary>The links of a run.</summary>
    public static RunLinks Of(string run)
    {
        var self = $"/api/runs/{run}";
        return new(
            self, $"{self}/losses", $"{self}/samples", $"{self}/timelapse", $"{self}/walk", $"{self}/neighbours", $"{self}/checkpoints", $"{self}/pause",
            $"{self}/resume", $"{self}/cancel", $"{self}/extend");
    }
}

/// <summary>Runs, the newest first.</summary>
/// <param name="Runs">Those that were asked for.</param>
public sealed record RunList(IReadOnlyList<RunView> Runs);
