using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Runs;

/// <summary>A run as the API shows it.</summary>
public sealed record RunView(
    string Run, RunState State, string Dataset, Preset Preset, RunProgress Progress, double? ImagesPerSecond, double? SecondsLeft,
    RunLosses? Losses, string? StoppedEarly, PictureQuality? Quality, int? QualityEpoch, RunBest? Best,
    IReadOnlyList<string> Warnings, string? Checkpoint, int RollBacks, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? UpdatedAt,
    TrainingOptions Options, IReadOnlyDictionary<string, string> Links)
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
            row.RowKey, row.State(), options.Dataset, options.Preset, progress, Rounded(row.ImagesPerSecond), secondsLeft, RunLosses.Of(row), row.StoppedEarly,
            row.Quality, row.QualityEpoch, RunBest.Of(row), WarningsOf(row), row.Checkpoint, row.Attempt, row.Error, row.CreatedAt, row.Timestamp, options, LinksOf(row.RowKey));
    }

    /// <summary>Where a run's resources are.</summary>
    public static Dictionary<string, string> LinksOf(string run) => new()
    {
        ["self"] = $"/api/runs/{run}",
        ["losses"] = $"/api/runs/{run}/losses",
        ["samples"] = $"/api/runs/{run}/samples",
        ["timelapse"] = $"/api/runs/{run}/timelapse",
        ["walk"] = $"/api/runs/{run}/walk",
        ["neighbours"] = $"/api/runs/{run}/neighbours",
        ["checkpoints"] = $"/api/runs/{run}/checkpoints",
        ["pause"] = $"/api/runs/{run}/pause",
        ["resume"] = $"/api/runs/{run}/resume",
        ["cancel"] = $"/api/runs/{run}/cancel",
        ["extend"] = $"/api/runs/{run}/extend",
    };

    private static IReadOnlyList<string> WarningsOf(RunRow row) =>
        row is { QualityEpoch: { } epoch, Quality: { } quality } ? Alarms.Of(epoch, quality) : [];

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
public sealed record RunBest(int Epoch, double FrechetDistance)
{
    /// <summary>The best epoch of a row; null before the first that was measured.</summary>
    public static RunBest? Of(RunRow row) => row is { BestEpoch: { } epoch, BestDistance: { } distance } ? new(epoch, distance) : null;
}

/// <summary>The last step's losses. A value that was not finite is null.</summary>
public sealed record RunLosses(double? Discriminator, double? Generator, double? RealScore, double? FakeScore)
{
    /// <summary>The losses of a row; null before the first step.</summary>
    public static RunLosses? Of(RunRow row) => row.DiscriminatorLoss is null && row.GeneratorLoss is null
        ? null
        : new(row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore);
}
