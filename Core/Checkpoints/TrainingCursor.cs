using System.Text.Json.Serialization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// The position of the training in a run, and what must stay the same until the run ends: the data set, the precision and the thread count.
/// </summary>
public record TrainingCursor
{
    /// <summary>The run's id.</summary>
    public required string Run { get; init; }

    /// <summary>Rollbacks so far.</summary>
    public required int Attempt { get; init; }

    /// <summary>The current epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Completed steps of that epoch.</summary>
    public required int Step { get; init; }

    /// <summary>Steps in every epoch of the run.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>SHA-256 of the data set. A resumed run checks it to detect changed data.</summary>
    public required string Dataset { get; init; }

    /// <summary>Precision of the convolutions, resolved by the run's first slice.</summary>
    public required string Precision { get; init; }

    /// <summary>Number of training threads, resolved by the run's first slice. The order of floating-point sums depends on it.</summary>
    public required int Threads { get; init; }

    /// <summary>Sums of the losses over the completed steps of this epoch, so that a resumed epoch can continue them.</summary>
    public required StepLosses EpochSums { get; init; }

    /// <summary>The best epoch so far; null before the first measured epoch.</summary>
    public BestEpoch? Best { get; init; }

    /// <summary>Mean losses over the completed steps of this epoch.</summary>
    [JsonIgnore]
    public StepLosses MeanLosses => EpochSums / Math.Max(Step, 1);

    /// <summary>Whether the epoch is complete.</summary>
    [JsonIgnore]
    public bool IsEpochEnd => Step == StepsPerEpoch;

    /// <summary>Number of completed epochs.</summary>
    [JsonIgnore]
    public int CompletedEpochs => IsEpochEnd ? Epoch : Epoch - 1;

    /// <summary>Name of the checkpoint at this position. Names sort in the order of training.</summary>
    [JsonIgnore]
    public string Name => $"{Attempt:D3}-{Epoch:D5}-{Step:D6}";

    /// <summary>The position before the first step of a run.</summary>
    /// <exception cref="RunRefusedException">The pictures do not fill one batch.</exception>
    public static TrainingCursor Beginning(string run, int attempt, TrainingOptions options, Dataset data) => new()
    {
        Run = run,
        Attempt = attempt,
        Epoch = 1,
        Step = 0,
        StepsPerEpoch = options.StepsPerEpoch(data.Train.Count),
        Dataset = data.Sha256,
        Precision = Precisions.NameOf(options.Precision), // resolved on the training thread
        Threads = options.Threads ?? Environment.ProcessorCount,
        EpochSums = default,
    };

    /// <summary>Checks that a data set is the one that the run began with.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sha256">Its SHA-256.</param>
    /// <exception cref="RunRefusedException">It was replaced.</exception>
    public void CheckDataset(string name, string sha256)
    {
        if (sha256 == Dataset) return;
        throw new RunRefusedException(
            $"The data set {name} has changed since the run began: its SHA-256 was {Dataset} and is {sha256}. "
            + "Start a new run, or upload the earlier data set again.");
    }

    /// <summary>The cursor alone, without the members that a checkpoint adds.</summary>
    public TrainingCursor ToCursor() => new(this);

    /// <summary>The cursor before the first step of the next epoch; this cursor if the epoch is not complete.</summary>
    public TrainingCursor ToNextStep() => IsEpochEnd ? ToCursor() with { Epoch = Epoch + 1, Step = 0, EpochSums = default } : ToCursor();
}
