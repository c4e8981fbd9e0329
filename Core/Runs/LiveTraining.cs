using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Runs;

/// <summary>
/// A run in the memory of a worker: its networks, and where in the run they stand. After a commit that is the state committed, or a few
/// steps on, trained while the commit was written; whoever goes on from that commit need not load it.
/// </summary>
internal sealed class LiveTraining : IDisposable
{
    private const double RollBackFactor = 0.5;

    private readonly TrainingOptions _options;
    private readonly RunRandom _random;
    private readonly double _learningRateFactor;
    private (BlobReference Generator, BlobReference Training)? _saved;

    /// <summary>Fresh networks, or those of the last checkpoint. To be made on the training thread.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="last">The checkpoint to go on from, if there is one.</param>
    /// <param name="pictures">What it is trained on.</param>
    public LiveTraining(TrainingOptions options, Manifest start, Checkpoint? last, ImageSet pictures)
    {
        (_options, Position) = (options, start);
        _random = new RunRandom(options.Seed, start.Attempt);
        var precision = Arithmetic.Resolve(Enum.Parse<Precision>(start.Precision, ignoreCase: true));
        Position = start with { Precision = NameOf(precision) };
        Networks = new GanNetworks(options, precision, _random, pictures.Shape, options.Conditional ? pictures.DistinctLabels() : []);
        _learningRateFactor = last is { Generator: { } generator, Training: { } training } ? NetworkState.Load(Networks, generator, training) : 1;
        _learningRateFactor *= Math.Pow(RollBackFactor, start.Attempt - (last?.Manifest.Attempt ?? 0));
    }

    /// <summary>Where a run begins: in front of its first step.</summary>
    /// <exception cref="RefusedException">The pictures do not fill one batch.</exception>
    public static Manifest Beginning(string run, int attempt, TrainingOptions options, Dataset data)
    {
        var nothing = new BlobReference("", 0);
        return new Manifest
        {
            Run = run,
            Attempt = attempt,
            Epoch = 1,
            Step = 0,
            StepsPerEpoch = options.StepsPerEpoch(data.Train.Count),
            Generator = nothing,
            Training = nothing,
            Dataset = data.Sha256,
            Precision = NameOf(options.Precision), // settled on the training thread
            Threads = options.Threads ?? Environment.ProcessorCount,
            EpochSums = default,
        };
    }

    public GanNetworks Networks { get; }

    /// <summary>Where the networks come from, for people.</summary>
    public string Source => (_saved, Position) switch
    {
        ({ }, _) => "as it is in memory",
        (_, { Step: 0, Epoch: 1, Attempt: 0 }) => "from the start",
        _ => "from its last checkpoint",
    };

    /// <summary>How far it is, as the manifest that a commit will complete.</summary>
    public Manifest Position { get; private set; }

    /// <summary>Rows of steps that were trained ahead; whoever goes on logs them.</summary>
    public List<LossRow> Unlogged { get; } = [];

    /// <summary>Whether this is what that checkpoint stores, by its hashes, or goes on from it, in the attempt asked for.</summary>
    public bool GoesOnFrom(Manifest last, int attempt) =>
        last.Run == Position.Run && Math.Max(last.Attempt, attempt) == Position.Attempt && _saved == (last.Generator, last.Training);

    /// <summary>What <paramref name="saved"/> stores was saved here, and nothing has been trained since but the steps that follow.</summary>
    public void Follows(Manifest saved) => _saved = (saved.Generator, saved.Training);

    /// <summary>Goes to the next epoch where that is where to go.</summary>
    public void GoTo(Manifest start)
    {
        if (start.Epoch != Position.Epoch) Position = start;
    }

    /// <summary>The pictures of the epoch it is in.</summary>
    public EpochData Pictures(ImageSet pictures) => new(pictures, Networks.Generator.Labels, _options.BatchSize, _random, Position.Epoch);

    /// <summary>Trains a step.</summary>
    public StepLosses Step(EpochData data)
    {
        using var scope = NewDisposeScope();
        var draw = new StepRandom(_random, Position.Epoch, Position.Step);
        var batch = data.Batch(Position.Step);
        Networks.SetLearningRate(_learningRateFactor * _options.LearningRateAt(Position.Epoch - 1 + (double)Position.Step / Position.StepsPerEpoch));
        var measured = _options.Preset == Preset.Tutorial
            ? TutorialStep.Run(Networks, _options, draw, batch)
            : DcganStep.Run(Networks, _options, draw, batch);
        Position = Position with { Step = Position.Step + 1, EpochSums = Position.EpochSums + measured };
        return measured;
    }

    /// <summary>Both files of a checkpoint.</summary>
    public (byte[] Generator, byte[] Training) Save() => NetworkState.Save(Networks, _options.Norm, _learningRateFactor);

    /// <inheritdoc/>
    public void Dispose() => Networks.Dispose();

    private static string NameOf(Precision precision) => precision.ToString().ToLowerInvariant();
}
