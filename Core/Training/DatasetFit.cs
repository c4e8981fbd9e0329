using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Training;

/// <summary>Adapts options to a data set, and finds those that do not work with it.</summary>
internal static class DatasetFit
{
    private const int PicturesToHalfRate = 600_000; // of training with the compact preset
    private const int MaxTranslated = 20_000;      // training pictures; larger sets are not memorised in a usual run
    private const int MaxFullyAugmented = 500;     // training pictures; larger sets learn more slowly with it, and gain only in very long runs

    /// <summary>Adapts the options that the user did not give to the data set.</summary>
    /// <param name="options">The user's options and the preset's.</param>
    /// <param name="data">The data set; null if it is unknown.</param>
    /// <param name="given">The user's options.</param>
    public static TrainingOptions Apply(TrainingOptions options, DatasetInfo? data, JsonObject given)
    {
        if (!given.ContainsKey("batchSize"))
        {
            var pictures = options.PicturesPerEpoch(data?.Train ?? int.MaxValue);
            if (!given.ContainsKey("imagesPerEpoch")) pictures = (int)Math.Min(pictures, options.Images ?? pictures); // a run of less than one epoch
            options = options with { BatchSize = Math.Clamp(pictures, TrainingOptions.MinBatchSize, options.BatchSize) };
            options = options with { BatchSize = Math.Max(TrainingOptions.MinBatchSize, options.BatchSize - options.BatchSize % options.Workers) };
        }
        if (!given.ContainsKey("qualitySamples") && !CanMeasure(data)) options = options with { QualitySamples = 0 };
        if (!given.ContainsKey("qualityEvery") && data?.Train is > 0 and { } size)
            options = options with { QualityEvery = Math.Max(1, (options.QualitySamples + size - 1) / size) };
        if (options is { MicroBatchSize: null, Preset: not Preset.Tutorial } && MaxPictures(options, data) is { } max)
            options = options with { MicroBatchSize = TrainingMemory.MicroBatchOf(options.BatchSize, max) };
        if (options.Preset != Preset.Compact || data?.Train is not { } train) return options;

        // An epoch of this preset's data sets has between a hundred pictures and a hundred thousand, so its learning rate depends on pictures.
        if (!given.ContainsKey("learningRateDecay"))
            options = options with { LearningRateDecay = Math.Round(Math.Min((double)options.PicturesPerEpoch(train) / PicturesToHalfRate, 10), 6) };
        return options with
        {
            AugmentColor = options.AugmentColor || (train <= MaxFullyAugmented && !given.ContainsKey("augmentColor")),
            AugmentTranslation = options.AugmentTranslation || (train <= MaxTranslated && !given.ContainsKey("augmentTranslation")),
            AugmentCutout = options.AugmentCutout || (train <= MaxFullyAugmented && !given.ContainsKey("augmentCutout")),
        };
    }

    private static int? MaxPictures(TrainingOptions options, DatasetInfo? data) => data is { Height: { } side, Channels: { } channels }
        ? TrainingMemory.MaxPictures(Presets.NetworksOf(options.Preset), new(side, channels), (data.Train ?? 0) + (data.Test ?? 0))
        : null;

    private static bool CanMeasure(DatasetInfo? data) => data is not { Train: { } train } || QualityMinimum.IsMet(train, data.Test ?? 0);

    /// <summary>Fields whose values do not work with the data set, each with the problem.</summary>
    public static IEnumerable<(string Name, string Problem)> ProblemsWith(TrainingOptions options, DatasetInfo? data)
    {
        if (data is { Height: { } side, Channels: { } channels } && !Presets.NetworksOf(options.Preset).Supports(new(side, channels)))
        {
            yield return ("preset", $"\"{JsonNamingPolicy.CamelCase.ConvertName(options.Preset.ToString())}\" is not valid for pictures of {new PictureShape(side, channels)}; "
                + "it must be \"compact\".");
        }
        else if (MaxPictures(options, data) is { } max)
        {
            if (options.MicroBatchSize > max)
            {
                yield return ("microBatchSize", $"{options.MicroBatchSize} is not valid for pictures of {data!.Height}x{data.Width}; it must be a whole number "
                    + $"from {TrainingOptions.MinBatchSize} to {max}, which the memory of an instance allows.");
            }
            if (options.Preset == Preset.Tutorial && options.BatchSize > max)
            {
                yield return ("batchSize", $"{options.BatchSize} is not valid for the tutorial preset and pictures of {data!.Height}x{data.Width}; it must be a "
                    + $"whole number from {TrainingOptions.MinBatchSize} to {max}, which the memory of an instance allows.");
            }
        }
        if (data is not { Name: var name, Train: { } pictures }) yield break;
        if (pictures < TrainingOptions.MinBatchSize)
        {
            yield return ("dataset", $"\"{name}\" is not valid; it has {(pictures == 1 ? "1 training picture" : "no training pictures")}, "
                + $"and a run needs at least {TrainingOptions.MinBatchSize}.");
        }
        else if (pictures < options.BatchSize)
        {
            yield return ("batchSize", $"{options.BatchSize} is not valid; it must be a whole number from {TrainingOptions.MinBatchSize} to {pictures}, "
                + $"the number of training pictures of the data set {name}.");
        }
        if (options.Conditional && (data.Classes ?? 0) < TrainingOptions.MinClasses)
            yield return ("conditional", $"true is not valid; a conditional run needs at least two labels, and the data set {name} has {data.Classes ?? 0}.");
        if (CanMeasure(data)) yield break;
        var reason = $"because the data set {name} has too few pictures to measure quality with: {pictures} for training and {data.Test ?? 0} for testing. "
            + $"The minimum is {QualityMinimum.Text}.";
        if (options.QualitySamples > 0) yield return ("qualitySamples", $"{options.QualitySamples} is not valid; it must be 0, {reason}");
        if (options.Patience is { } patience) yield return ("patience", $"{patience} is not valid; it must be null, {reason}");
    }
}
