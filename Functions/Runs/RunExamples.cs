using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;


namespace GanFunctions.Functions.Runs;

/// <summary>A run for the examples of the OpenAPI document.</summary>
internal static class RunExamples
{
    /// <summary>The run's options.</summary>
    public static TrainingOptions Options { get; } = Presets.Of(Presets.Default) with
    {
        Dataset = "digits",
        Epochs = 5,
        ImagesPerEpoch = 6_400,
        LearningRateDecay = 0.010667,
    };

    /// <summary>Quality of its pictures.</summary>
    public static PictureQuality Quality { get; } = new(
        2000, 21.4, 0.031, 1.2, 0.0001, 0.94, "5f0c4a3d1b7e92860c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f40516273",
        new ClassCoverage(0.993, 2.28, 0.97, [new(0, 0.11, 0.098), new(1, 0.09, 0.113)]),
        Precision: 0.71, Recall: 0.62, Density: 0.78, Coverage: 0.74);

    /// <summary>The run during its third epoch.</summary>
    public static RunView Training => RunView.Of(Row(Phase.Training), new());

    /// <summary>The run as it would be if it had completed with that checkpoint.</summary>
    public static RunView Completed => RunView.Of(Row(Phase.Completed), new());

    /// <summary>The run after its start.</summary>
    public static RunView Queued => RunView.Of(
        new RunRow { RowKey = "first", CreatedAt = At(0), TargetEpochs = Options.Epochs, OptionsJson = OptionsReader.Write(Options) }, new());

    /// <summary>What it would cost, by the speed of an earlier run.</summary>
    public static DryRunEstimate Estimate { get; } = new(
        new(5, 524, 0.013626), "USD", "earlier",
        "By the speed of run 'earlier', which has the same networks and pictures of the same size. Other options and instances change it.");

    /// <summary>A time after the start.</summary>
    public static DateTimeOffset At(int seconds) => new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddSeconds(seconds);

    private static RunRow Row(Phase phase)
    {
        var row = new RunRow
        {
            RowKey = "first",
            CreatedAt = At(0),
            Timestamp = At(65),
            Phase = phase,
            TargetEpochs = Options.Epochs,
            OptionsJson = OptionsReader.Write(Options),
            Epoch = 3,
            Step = 50,
            StepsPerEpoch = 100,
            Checkpoint = "000-00002-000100",
            ImagesPerSecond = 512.5,
            Executions = 2,
            BilledMilliseconds = 54_300,
            FirstSliceMilliseconds = 28_100,
            FirstSliceSteps = 100,
            DiscriminatorLoss = 1.12,
            GeneratorLoss = 1.05,
            RealScore = 0.58,
            FakeScore = 0.37,
            BestEpoch = 2,
            BestDistance = Quality.FrechetDistance,
        };
        row.SetQuality(2, Quality);
        return row;
    }
}
