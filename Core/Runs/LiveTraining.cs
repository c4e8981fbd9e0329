using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Runs;

/// <summary>
/// A run in the memory of a worker: its networks and their position in the run. Between two slices <see cref="TrainingSlice"/> keeps the
/// last one, so that the next slice of the same run need not load the checkpoint.
/// </summary>
internal sealed class LiveTraining : IDisposable
{
    private const double RollBackFactor = 0.5; // of the learning rate, at every rollback

    private readonly TrainingOptions _options;
    private readonly RunRandom _random;
    private readonly double _learningRateFactor;
    private (BlobReference Generator, BlobReference Training)? _committed;

    /// <summary>Creates the networks, or restores them from a checkpoint. Must be called on the training thread.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="start">The position to start from.</param>
    /// <param name="last">The checkpoint to resume from; null at the beginning of a run.</param>
    /// <param name="data">The data set.</param>
    /// <param name="initial">At the beginning of a run that starts from another run's checkpoint: the files of that; else null.</param>
    /// <exception cref="RunRefusedException">The initial files do not fit the run.</exception>
    public LiveTraining(
        TrainingOptions options, TrainingCursor start, Checkpoint? last, Dataset data, (byte[] Generator, byte[]? Training)? initial = null)
    {
        _options = options;
        _random = new RunRandom(options.Seed, start.Attempt);
        var precision = Precisions.Resolve(Precisions.Parse(start.Precision)!.Value);
        Position = start with { Precision = Precisions.NameOf(precision) };
        Networks = new GanNetworks(options, precision, _random, data.Train.Shape, options.Conditional ? data.Labels : ClassLabels.None);
        if (initial is { } files) Load(files);
        _learningRateFactor = last is { Generator: { } generator, Training: { } training } ? NetworkState.Load(Networks, generator, training) : 1;
        _learningRateFactor *= Math.Pow(RollBackFactor, start.Attempt - (last?.Manifest.Attempt ?? 0));
    }

    /// <summary>The networks and their optimisers.</summary>
    public GanNetworks Networks { get; }

    /// <summary>The share of every batch that these networks are trained on; by default all of it.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>The position of the networks in the run.</summary>
    public TrainingCursor Position { get; private set; }

    /// <summary>Where the networks came from, for the log.</summary>
    public string Source => (_committed, Position) switch
    {
        ({ }, _) => "from memory",
        (_, { Step: 0, Epoch: 1, Attempt: 0 }) => _options.InitFrom is { } from ? $"from {from}" : "from the beginning",
        _ => "from the last checkpoint",
    };

    /// <summary>Loss rows of steps that were trained ahead of the next slice, which logs them.</summary>
    public List<LossRow> Unlogged { get; } = [];

    /// <summary>Whether these networks are what <paramref name="last"/> stores, or continue from it, in the given attempt.</summary>
    public bool ContinuesFrom(Manifest last, int attempt) =>
        last.Run == Position.Run && Math.Max(last.Attempt, attempt) == Position.Attempt && _committed == (last.Generator, last.Training);

    /// <summary>Remembers the checkpoint that these networks were saved as. Steps trained since then continue from it.</summary>
    public void MarkCommitted(Manifest saved) => _committed = (saved.Generator, saved.Training);

    /// <summary>Moves on to the epoch of <paramref name="start"/>, if that is the next one.</summary>
    public void MoveTo(TrainingCursor start)
    {
        if (start.Epoch != Position.Epoch) Position = start;
    }

    /// <summary>The pictures of the current epoch, in the order of training.</summary>
    public EpochData Pictures(ImageSet pictures) => new(pictures, Networks.Generator.Labels, _options.BatchSize, _random, Position.Epoch, Shard);

    /// <summary>Trains one step.</summary>
    public StepLosses Step(EpochData data)
    {
        using var scope = NewDisposeScope();
        var draw = new StepRandom(_random.Of(Shard), Position.Epoch, Position.Step);
        var batch = data.Batch(Position.Step);
        var epochsDone = Position.Epoch - 1 + (double)Position.Step / Position.StepsPerEpoch;
        Networks.SetLearningRate(_learningRateFactor * _options.LearningRateAt(epochsDone));
        var losses = _options.Preset == Preset.Tutorial
            ? TutorialStep.Run(Networks, _options, draw, batch)
            : GanStep.Run(Networks, _options, draw, batch);
        Position = Position with { Step = Position.Step + 1, EpochSums = Position.EpochSums + losses };
        return losses;
    }

    /// <summary>The row of the loss log for the step that was just trained; null if the options do not log it.</summary>
    /// <param name="losses">Its losses.</param>
    /// <param name="speed">Training speed, in pictures per second; NaN if it is not known.</param>
    /// <param name="now">The time of the row.</param>
    public LossRow? RowOf(StepLosses losses, double speed, DateTimeOffset now) => Position.Step % _options.LogEvery == 0 || !losses.AreFinite
        ? LossRow.OfStep(Position.Run, Position.Attempt, Position.Epoch, Position.Step, losses, speed, now)
        : null;

    private void Load((byte[] Generator, byte[]? Training) initial)
    {
        try
        {
            InitialWeights.Load(Networks, initial.Generator, initial.Training, _options.EmaDecay);
        }
        catch (InvalidDataException problem)
        {
            Networks.Dispose();
            throw new RunRefusedException($"The run cannot start from {_options.InitFrom}: {problem.Message}."); // the data set has been replaced
        }
    }

    /// <summary>Both files of a checkpoint at the current position.</summary>
    public (byte[] Generator, byte[] Training) Save() => NetworkState.Save(Networks, _options.Norm, _learningRateFactor);

    /// <inheritdoc/>
    public void Dispose() => Networks.Dispose();
}
