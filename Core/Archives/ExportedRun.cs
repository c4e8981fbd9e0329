using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Archives;

/// <summary>
/// The row of a run in an archive, <c>run.json</c>. It lacks what belongs to one app, such as the orchestration, the sweep and the address for notices. The
/// position of the training is that of the newest checkpoint.
/// </summary>
public sealed record ExportedRun
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    private const int MaxText = 32 * 1024; // characters in a column of a row
    private const int FirstYear = 1970;

    /// <summary>Format of this document.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The run's id. An import can give it another one.</summary>
    public required string Run { get; init; }

    /// <summary>The run's state, one of those at rest. A run in any other state is imported as paused.</summary>
    public required RunState State { get; init; }

    /// <summary>When the run was started.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The last epoch to train.</summary>
    public required int TargetEpochs { get; init; }

    /// <summary>Name of the newest checkpoint; null before the first.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>The resolved options.</summary>
    public required JsonObject Options { get; init; }

    /// <inheritdoc cref="RunRow.Error"/>
    public string? Error { get; init; }

    /// <inheritdoc cref="RunRow.StoppedEarly"/>
    public string? StoppedEarly { get; init; }

    /// <inheritdoc cref="RunRow.PatienceStartsAfter"/>
    public int PatienceStartsAfter { get; init; }

    /// <inheritdoc cref="RunRow.LimitsStartAfterExecutions"/>
    public int LimitsStartAfterExecutions { get; init; }

    /// <inheritdoc cref="RunRow.LimitsStartAfterMilliseconds"/>
    public long LimitsStartAfterMilliseconds { get; init; }

    /// <inheritdoc cref="RunRow.Executions"/>
    public int Executions { get; init; }

    /// <inheritdoc cref="RunRow.BilledMilliseconds"/>
    public long BilledMilliseconds { get; init; }

    /// <inheritdoc cref="RunRow.FirstSliceMilliseconds"/>
    public long FirstSliceMilliseconds { get; init; }

    /// <inheritdoc cref="RunRow.FirstSliceSteps"/>
    public long FirstSliceSteps { get; init; }

    /// <inheritdoc cref="RunRow.ImagesPerSecond"/>
    public double? ImagesPerSecond { get; init; }

    /// <inheritdoc cref="RunRow.DiscriminatorLoss"/>
    public double? DiscriminatorLoss { get; init; }

    /// <inheritdoc cref="RunRow.DiscriminatorLoss"/>
    public double? GeneratorLoss { get; init; }

    /// <inheritdoc cref="RunRow.RealScore"/>
    public double? RealScore { get; init; }

    /// <inheritdoc cref="RunRow.FakeScore"/>
    public double? FakeScore { get; init; }

    /// <inheritdoc cref="RunRow.QualityEpoch"/>
    public int? QualityEpoch { get; init; }

    /// <inheritdoc cref="RunRow.Quality"/>
    public PictureQuality? Quality { get; init; }

    /// <inheritdoc cref="RunRow.Classes"/>
    public IReadOnlyList<ClassLabel>? Classes { get; init; }

    /// <summary>The document of a run.</summary>
    /// <param name="row">The run.</param>
    /// <param name="newest">The newest checkpoint of the archive; null if there is none.</param>
    public static ExportedRun Of(RunRow row, Manifest? newest) => new()
    {
        Run = row.RowKey,
        State = row.State(),
        CreatedAt = row.CreatedAt,
        TargetEpochs = row.TargetEpochs,
        Checkpoint = newest?.Name,
        Options = JsonNode.Parse(row.OptionsJson)!.AsObject(),
        Error = row.Error,
        StoppedEarly = row.StoppedEarly,
        PatienceStartsAfter = row.PatienceStartsAfter,
        LimitsStartAfterExecutions = row.LimitsStartAfterExecutions,
        LimitsStartAfterMilliseconds = row.LimitsStartAfterMilliseconds,
        Executions = row.Executions,
        BilledMilliseconds = row.BilledMilliseconds,
        FirstSliceMilliseconds = row.FirstSliceMilliseconds,
        FirstSliceSteps = row.FirstSliceSteps,
        ImagesPerSecond = row.ImagesPerSecond,
        DiscriminatorLoss = row.DiscriminatorLoss,
        GeneratorLoss = row.GeneratorLoss,
        RealScore = row.RealScore,
        FakeScore = row.FakeScore,
        QualityEpoch = row.QualityEpoch,
        Quality = row.Quality,
        Classes = row.Classes,
    };

    /// <summary>The options, validated.</summary>
    /// <exception cref="InvalidDataException">An option or another value is not valid.</exception>
    public TrainingOptions Validated()
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (OptionsReader.ReadResolved(Options, problems) is not { } options)
            throw new InvalidDataException(string.Join(" ", problems.SelectMany(field => field.Value)).TrimEnd('.'));
        if (!ResourceId.IsValid(Run)) throw Invalid("run", Run, $"text that matches {ResourceId.Pattern}");
        if (CreatedAt.Year < FirstYear) throw Invalid("createdAt", $"{CreatedAt:O}", $"a time since {FirstYear}");
        if (TargetEpochs is < 1 or > TrainingOptions.MaxEpochs)
            throw Invalid("targetEpochs", TargetEpochs, $"a whole number from 1 to {TrainingOptions.MaxEpochs}");
        if (Math.Max(Error?.Length ?? 0, StoppedEarly?.Length ?? 0) > MaxText)
            throw new InvalidDataException($"error or stoppedEarly has more than {MaxText} characters");
        long[] counts =
        [
            PatienceStartsAfter, LimitsStartAfterExecutions, LimitsStartAfterMilliseconds, Executions, BilledMilliseconds, FirstSliceMilliseconds,
            FirstSliceSteps,
        ];
        if (counts.Min() < 0) throw Invalid("a count", counts.Min(), "a whole number from 0");
        if (Classes?.Any(each => each.Label is < 0 or > byte.MaxValue) == true)
            throw new InvalidDataException($"a label of classes is not from 0 to {byte.MaxValue}");
        return options;
    }

    /// <summary>The row of the run as an import creates it, at rest.</summary>
    /// <param name="run">The run's new id.</param>
    /// <param name="newest">The newest checkpoint; null if there is none.</param>
    public RunRow ToRow(string run, Manifest? newest)
    {
        var (phase, desired) = State switch
        {
            RunState.Cancelled => (Phase.Cancelled, Desired.Cancel),
            RunState.Completed => (Phase.Completed, Desired.Run),
            RunState.Failed => (Phase.Failed, Desired.Run),
            _ => (Phase.Paused, Desired.Pause),
        };
        var row = new RunRow
        {
            RowKey = run,
            CreatedAt = CreatedAt,
            Phase = phase,
            Desired = desired,
            TargetEpochs = TargetEpochs,
            OptionsJson = Options.ToJsonString(Json.Options),
            Error = Error,
            StoppedEarly = StoppedEarly,
            PatienceStartsAfter = PatienceStartsAfter,
            LimitsStartAfterExecutions = LimitsStartAfterExecutions,
            LimitsStartAfterMilliseconds = LimitsStartAfterMilliseconds,
            Executions = Executions,
            BilledMilliseconds = BilledMilliseconds,
            FirstSliceMilliseconds = FirstSliceMilliseconds,
            FirstSliceSteps = FirstSliceSteps,
            ImagesPerSecond = ImagesPerSecond,
            DiscriminatorLoss = DiscriminatorLoss,
            GeneratorLoss = GeneratorLoss,
            RealScore = RealScore,
            FakeScore = FakeScore,
            Checkpoint = newest?.Name,
            Attempt = newest?.Attempt ?? 0,
            Epoch = newest?.Epoch ?? 0,
            Step = newest?.Step ?? 0,
            StepsPerEpoch = newest?.StepsPerEpoch ?? 0,
            BestEpoch = newest?.Best?.Epoch,
            BestDistance = newest?.Best?.FrechetDistance,
        };
        if (QualityEpoch is { } epoch && Quality is { } quality) row.SetQuality(epoch, quality);
        if (Classes is { } classes)
        {
            var names = classes.Select(each => each.Name).OfType<string>().ToList();
            row.SetClasses(new ClassLabels([.. classes.Select(each => (byte)each.Label)], names.Count == classes.Count ? names : null));
        }
        return row;
    }

    private static InvalidDataException Invalid(string field, object value, string valid) =>
        new(FormattableString.Invariant($"{field}: {value} is not valid; it must be {valid}"));
}
