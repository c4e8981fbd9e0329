using System.Text.Json.Nodes;
using GanFunctions.Core.Data;

namespace GanFunctions.Core.Training;

/// <summary>Resolves <see cref="TrainingOptions.Images"/>, the length of a run in pictures, to epochs.</summary>
public static class RunLength
{
    /// <summary>The number of epochs that train at least <paramref name="images"/> pictures.</summary>
    /// <param name="images">Number of pictures, at least 1.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    /// <param name="batchSize">Pictures per step.</param>
    public static long EpochsOf(long images, int stepsPerEpoch, int batchSize)
    {
        var perEpoch = (long)stepsPerEpoch * batchSize;
        return (images + perEpoch - 1) / perEpoch;
    }

    /// <summary>
    /// Sets <see cref="TrainingOptions.Epochs"/>. A run of less than one epoch gets a shorter epoch, of as many whole batches as it takes,
    /// unless the user stated <see cref="TrainingOptions.ImagesPerEpoch"/>.
    /// </summary>
    /// <param name="options">The options, with their final batch size.</param>
    /// <param name="data">The data set; null if it is unknown, and then nothing is resolved.</param>
    /// <param name="given">The user's options.</param>
    /// <param name="problems">Receives what is wrong, by name of the option.</param>
    internal static TrainingOptions Resolve(TrainingOptions options, DatasetInfo? data, JsonObject given, SortedDictionary<string, string[]> problems)
    {
        if (options.Images is not { } images) return options;
        var resolved = data?.Train is { } train && options.PicturesPerEpoch(train) >= options.BatchSize ? Resolve(options, images, train, given) : null;
        if (given.ContainsKey("epochs") && resolved?.Epochs != options.Epochs)
        {
            problems.TryAdd("images",
                [$"images: {images} and epochs: {given["epochs"]?.ToJsonString() ?? "null"} are both given, and both set the length of the run; give one of them."]);
        }
        else if (resolved is { Epochs: > TrainingOptions.MaxEpochs })
        {
            var most = TrainingOptions.MaxEpochs * (long)options.StepsPerEpoch(data!.Train!.Value) * options.BatchSize;
            problems.TryAdd("images",
                [$"images: {images} is not valid; it must be a whole number from 1 to {most}, the pictures in {TrainingOptions.MaxEpochs} epochs."]);
        }
        return resolved ?? options;
    }

    private static TrainingOptions Resolve(TrainingOptions options, long images, int train, JsonObject given)
    {
        var batches = (images + options.BatchSize - 1) / options.BatchSize;
        if (!given.ContainsKey("imagesPerEpoch") && batches < train / options.BatchSize)
            options = options with { ImagesPerEpoch = (int)batches * options.BatchSize };
        var epochs = EpochsOf(images, options.StepsPerEpoch(train), options.BatchSize);
        return options with { Epochs = (int)Math.Min(epochs, int.MaxValue) };
    }
}
