using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Export;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>The model card of a generator: its architecture, data, training, quality and use.</summary>
/// <param name="PipelineTag">The task, as in Hugging Face model cards, like the next two properties.</param>
/// <param name="LibraryName">The library that reads the safetensors file.</param>
/// <param name="Tags">Search tags.</param>
/// <param name="Run">The run it comes from.</param>
/// <param name="Epoch">The epoch it comes from.</param>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Architecture">Its architecture.</param>
/// <param name="Dataset">The data set it was trained on.</param>
/// <param name="Training">How it was trained.</param>
/// <param name="Metrics">Quality of the pictures of its moving average; null if it was not measured.</param>
/// <param name="Files">Files to download.</param>
/// <param name="Sampling">How to generate pictures.</param>
/// <param name="Format">Format version of this card.</param>
public sealed record ModelCard(
    string PipelineTag, string LibraryName, IReadOnlyList<string> Tags, string Run, int Epoch, string Checkpoint, Architecture Architecture,
    CardDataset Dataset, CardTraining Training, PictureQuality? Metrics, IReadOnlyList<CardFile> Files, CardSampling Sampling, int Format = 1)
{
    /// <summary>The card of a checkpoint.</summary>
    /// <param name="row">The run's row.</param>
    /// <param name="manifest">The checkpoint's manifest.</param>
    /// <param name="file">The checkpoint's <c>generator</c> file.</param>
    /// <param name="dataset">The data set as it is now; null if it no longer exists.</param>
    public static ModelCard Of(RunRow row, Manifest manifest, byte[] file, DatasetInfo? dataset)
    {
        using var generator = NetworkState.LoadGenerator(file, averaged: true);
        var architecture = Architecture.Of(generator);
        IEnumerable<string> family = generator.Family == NetworkFamily.Dcgan ? ["dcgan"] : [];
        IEnumerable<string> kind = generator.IsConditional ? ["conditional"] : [];
        string[] tags = ["gan", .. family, .. kind, "onnx", "safetensors"];
        return new(
            "unconditional-image-generation", "pytorch", tags, manifest.Run, manifest.Epoch, manifest.Name, architecture,
            CardDataset.Of(row.Options.Dataset, manifest, generator.Classes, dataset), CardTraining.Of(row.Options, manifest), manifest.Quality,
            CardFile.Of(manifest, file), CardSampling.Of(manifest, generator));
    }
}

/// <summary>The data set that a generator was trained on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">SHA-256 of its content during the training.</param>
/// <param name="Description">Description; null if the data set was deleted or replaced since.</param>
/// <param name="Pictures">Number of training pictures; null in the same cases.</param>
/// <param name="Classes">Number of different labels, if it has labels.</param>
/// <param name="Labels">The labels, if they are known: for a conditional run, or one that measures quality.</param>
/// <param name="LabelNames">The name of each label, in the same order; null if they are unknown.</param>
public sealed record CardDataset(
    string Name, string Sha256, string? Description, int? Pictures, int? Classes, IReadOnlyList<int>? Labels, IReadOnlyList<string>? LabelNames)
{
    internal static CardDataset Of(string name, Manifest manifest, ClassLabels classes, DatasetInfo? now)
    {
        var same = now?.Sha256 == manifest.Dataset ? now : null;
        var known = classes.Labels.Count > 0
            ? classes.ToList()
            : manifest.Quality?.Classes?.Shares.Select(share => new ClassLabel(share.Label, share.Name)).ToList();
        var names = known?.Select(each => each.Name).OfType<string>().ToList();
        return new(
            name, manifest.Dataset, same?.Description, same?.Train, same?.Classes ?? known?.Count, known?.Select(each => each.Label).ToList(),
            names is { Count: > 0 } ? names : null);
    }
}

/// <summary>A file to download.</summary>
/// <param name="Format"><c>safetensors</c>, which contains both kinds of weights, or <c>onnx</c>.</param>
/// <param name="Weights"><c>ema</c>, the moving average, which gives better pictures, or <c>raw</c>.</param>
/// <param name="Href">Its address.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
/// <param name="Size">Size in bytes.</param>
public sealed record CardFile(string Format, IReadOnlyList<string> Weights, string Href, string Sha256, long Size)
{
    /// <summary>The epoch in the checkpoint's address. A checkpoint within an epoch has no number and is available while it is the latest.</summary>
    internal static string EpochOf(Manifest manifest) => manifest.IsEpochEnd ? manifest.Epoch.ToString(CultureInfo.InvariantCulture) : "latest";

    internal static IReadOnlyList<CardFile> Of(Manifest manifest, byte[] file)
    {
        var path = $"/api/runs/{manifest.Run}/checkpoints/{EpochOf(manifest)}/generator";
        return
        [
            new("safetensors", ["ema", "raw"], path, manifest.Generator.Sha256, manifest.Generator.Size),
            Onnx("ema", averaged: true),
            Onnx("raw", averaged: false),
        ];

        CardFile Onnx(string weights, bool averaged)
        {
            var (sha256, size) = BlobReference.Of(OnnxFile.Of(manifest, file, averaged));
            return new("onnx", [weights], $"{path}?format=onnx&weights={weights}", sha256, size);
        }
    }
}

/// <summary>How to generate pictures.</summary>
/// <param name="Noise">The noise input.</param>
/// <param name="Label">The label input of a conditional generator.</param>
/// <param name="Labels">The labels of a conditional generator; null for others.</param>
/// <param name="Pictures">The output.</param>
/// <param name="Pixels">Formula that converts the output to bytes.</param>
/// <param name="Href">The address at which the app generates pictures with it.</param>
/// <param name="LabelNames">The name of each label, in the same order; null if they are unknown.</param>
public sealed record CardSampling(
    string Noise, string? Label, IReadOnlyList<int>? Labels, string Pictures, string Pixels, string Href, IReadOnlyList<string>? LabelNames)
{
    internal static CardSampling Of(Manifest manifest, Generator generator)
    {
        var (shape, labels) = (generator.Shape, generator.IsConditional ? generator.Labels.Select(label => (int)label).ToList() : null);
        var first = labels is null ? "" : generator.Classes.Names?[0] ?? labels[0].ToString(CultureInfo.InvariantCulture);
        return new(
            $"noise: float32 [batch, {Generator.LatentSize}], independent standard normals",
            labels is null ? null : "label: int64 [batch], one of the labels for each picture",
            labels,
            $"pictures: float32 [batch, {shape.Channels}, {shape.Side}, {shape.Side}] in [-1, 1]",
            "round((x + 1) * 127.5)" + (shape.HasAlpha ? ", then RGBA with colours premultiplied by alpha" : ""),
            $"/api/runs/{manifest.Run}/samples?epoch={CardFile.EpochOf(manifest)}{(labels is null ? "" : $"&label={Uri.EscapeDataString(first)}")}",
            generator.Classes.Names);
    }
}

/// <summary>How a generator was trained.</summary>
/// <param name="Preset">The preset.</param>
/// <param name="Epochs">Epochs up to this checkpoint; a fraction for a checkpoint within an epoch.</param>
/// <param name="Steps">Steps up to this checkpoint.</param>
/// <param name="Pictures">Real pictures seen, repetitions included.</param>
/// <param name="Precision">Precision of the convolutions.</param>
/// <param name="RollBacks">Number of rollbacks after the training diverged.</param>
/// <param name="Options">All options of the run as resolved.</param>
public sealed record CardTraining(Preset Preset, double Epochs, long Steps, long Pictures, string Precision, int RollBacks, TrainingOptions Options)
{
    internal static CardTraining Of(TrainingOptions options, Manifest manifest)
    {
        var steps = (long)(manifest.Epoch - 1) * manifest.StepsPerEpoch + manifest.Step;
        return new(
            options.Preset, Math.Round((double)steps / manifest.StepsPerEpoch, 3), steps, steps * options.BatchSize, manifest.Precision, manifest.Attempt,
            options);
    }
}
