using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;


namespace GanFunctions.Functions.Runs;

/// <summary>A run as the API returns it.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="State">The run's state.</param>
/// <param name="Actions">The actions that have an effect in this state.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Sweep">The sweep that the run is a trial of; null for other runs. The sweep may have been deleted.</param>
/// <param name="Preset">The preset of the options.</param>
/// <param name="Progress">Progress of the training.</param>
/// <param name="ImagesPerSecond">Training speed in real pictures per second; null until it is known.</param>
/// <param name="SecondsLeft">Estimated seconds until the last epoch ends; null unless the run is training.</param>
/// <param name="Losses">Losses of the last step; null before the first.</param>
/// <param name="StoppedEarly">Why the run completed before its last epoch; null if it did not.</param>
/// <param name="Quality">Quality of the pictures of epoch <paramref name="QualityEpoch"/>; null before the first measured epoch.</param>
/// <param name="QualityEpoch">The last measured epoch.</param>
/// <param name="Best">The epoch with the lowest Fréchet distance; null before the first measured epoch.</param>
/// <param name="Warnings">Warnings about the pictures, such as mode collapse.</param>
/// <param name="Checkpoint">Name of the latest checkpoint; null before the first.</param>
/// <param name="RollBacks">Number of rollbacks after the training diverged.</param>
/// <param name="Error">Why the run failed; null if it did not.</param>
/// <param name="CreatedAt">When the run was started.</param>
/// <param name="UpdatedAt">When the run last changed; null in the response to the call that starts it.</param>
/// <param name="Options">All options as resolved.</param>
/// <param name="Classes">
/// The labels that pictures can be requested by; null unless the run is conditional and has begun to train. They are those of its checkpoints, even if
/// the data set has changed since then.
/// </param>
/// <param name="Cost">What its training has cost so far, and will cost.</param>
/// <param name="Links">Links to the run's resources.</param>
public sealed record RunView(
    string Run, RunState State, IReadOnlyList<RunAction> Actions, string Dataset, string? Sweep, Preset Preset, RunProgress Progress,
    double? ImagesPerSecond, double? SecondsLeft,
    RunLosses? Losses, string? StoppedEarly, PictureQuality? Quality, int? QualityEpoch, RunBest? Best,
    IReadOnlyList<string> Warnings, string? Checkpoint, int RollBacks, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? UpdatedAt,
    TrainingOptions Options, IReadOnlyList<ClassLabel>? Classes, RunCost Cost, RunLinks Links)
{
    /// <summary>The view of a row.</summary>
    public static RunView Of(RunRow row, CostSettings costs)
    {
        var options = row.Options;
        var progress = RunProgress.Of(row);
        var stepsLeft = (1 - progress.Fraction) * row.TargetEpochs * row.StepsPerEpoch;
        var secondsLeft = row.State() == RunState.Training && row.ImagesPerSecond > 0
            ? Math.Round(stepsLeft * options.BatchSize / row.ImagesPerSecond.Value)
            : (double?)null;
        return new RunView(
            row.RowKey, row.State(), RunTransitions.ActionsIn(row.State()), options.Dataset, row.Sweep, options.Preset, progress,
            Rounded(row.ImagesPerSecond), secondsLeft,
            RunLosses.Of(row), row.StoppedEarly, row.Quality, row.QualityEpoch, RunBest.Of(row),
            WarningsOf(row), row.Checkpoint, row.Attempt, row.Error, row.CreatedAt, row.Timestamp, options, row.Classes,
            RunCost.Of(row, costs), RunLinks.Of(row.RowKey));
    }

    private static IReadOnlyList<string> WarningsOf(RunRow row) =>
        row is { QualityEpoch: { } epoch, Quality: { } quality } ? ModeCollapse.WarningsOf(epoch, quality) : [];

    private static double? Rounded(double? value) => value is { } number ? Math.Round(number, 1) : null;
}

/// <summary>Progress of a run.</summary>
/// <param name="Epoch">The current epoch, from 1; 0 before the first.</param>
/// <param name="Epochs">The last epoch to train.</param>
/// <param name="Step">Completed steps of the current epoch.</param>
/// <param name="StepsPerEpoch">Steps in an epoch; 0 until known.</param>
/// <param name="Fraction">Completed share of all steps, from 0 to 1; also 1 if the run stopped early.</param>
/// <param name="Images">Training pictures so far, repetitions included.</param>
/// <param name="TotalImages">Training pictures until the last epoch ends; 0 until known.</param>
public sealed record RunProgress(int Epoch, int Epochs, int Step, int StepsPerEpoch, double Fraction, long Images, long TotalImages)
{
    /// <summary>The progress of a row.</summary>
    public static RunProgress Of(RunRow row)
    {
        var done = row.Epoch == 0 || row.StepsPerEpoch == 0 ? 0 : row.Epoch - 1 + (double)row.Step / row.StepsPerEpoch;
        long batch = row.Options.BatchSize;
        var steps = row.Epoch == 0 ? 0 : (row.Epoch - 1L) * row.StepsPerEpoch + row.Step;
        return new(
            row.Epoch, row.TargetEpochs, row.Step, row.StepsPerEpoch,
            row.StoppedEarly is null ? Math.Round(Math.Min(done / row.TargetEpochs, 1), 6) : 1,
            steps * batch, (long)row.TargetEpochs * row.StepsPerEpoch * batch);
    }
}

/// <summary>The epoch with the lowest Fréchet distance.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="FrechetDistance">Fréchet distance between its pictures and real ones.</param>
public sealed record RunBest(int Epoch, double FrechetDistance)
{
    /// <summary>The best epoch of a row; null before the first measured epoch.</summary>
    public static RunBest? Of(RunRow row) => row is { BestEpoch: { } epoch, BestDistance: { } distance } ? new(epoch, distance) : null;
}

/// <summary>Losses of the last step, in nats, and mean scores. A NaN or infinite value is null.</summary>
/// <param name="Discriminator">The discriminator's loss.</param>
/// <param name="Generator">The generator's loss.</param>
/// <param name="RealScore">D(x): mean probability of being real that the discriminator gives to real pictures.</param>
/// <param name="FakeScore">D(G(z)): mean probability of being real that it gives to generated pictures.</param>
public sealed record RunLosses(double? Discriminator, double? Generator, double? RealScore, double? FakeScore)
{
    /// <summary>The losses of a row; null before the first step.</summary>
    public static RunLosses? Of(RunRow row) => row.DiscriminatorLoss is null && row.GeneratorLoss is null
        ? null
        : new(row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore);
}

/// <summary>Links to a run's resources.</summary>
/// <param name="Self">The run.</param>
/// <param name="Losses">Its losses, as numbers or as a chart.</param>
/// <param name="Samples">Generated pictures.</param>
/// <param name="Timelapse">An animation of the pictures of every epoch.</param>
/// <param name="Walk">An animation of a walk through latent space.</param>
/// <param name="Neighbours">The training pictures nearest to a generated one.</param>
/// <param name="Projections">The generated pictures nearest to uploaded ones.</param>
/// <param name="Checkpoints">Its checkpoints.</param>
/// <param name="Pause">POST to pause the run.</param>
/// <param name="Resume">POST to resume it.</param>
/// <param name="Cancel">POST to cancel it.</param>
/// <param name="Extend">POST to add epochs.</param>
public sealed record RunLinks(
    string Self, string Losses, string Samples, string Timelapse, string Walk, string Neighbours, string Projections, string Checkpoints, string Pause,
    string Resume, string Cancel, string Extend)
{
    /// <summary>The links of a run.</summary>
    public static RunLinks Of(string run)
    {
        var self = $"/api/runs/{run}";
        return new(
            self, $"{self}/losses", $"{self}/samples", $"{self}/timelapse", $"{self}/walk", $"{self}/neighbours", $"{self}/projections",
            $"{self}/checkpoints", $"{self}/pause", $"{self}/resume", $"{self}/cancel", $"{self}/extend");
    }
}

/// <summary>A list of runs.</summary>
/// <param name="Runs">The runs, newest first.</param>
public sealed record RunList(IReadOnlyList<RunView> Runs);
