using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Export;
using GanFunctions.Core.Model;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>What a generator is, what it was trained on and how, how good it is, and how to draw from it.</summary>
/// <param name="PipelineTag">The task, in the words of Hugging Face's model cards, as with the next two.</param>
/// <param name="LibraryName">What reads its safetensors file: PyTorch.</param>
/// <param name="Tags">For who looks for such a model.</param>
/// <param name="Run">Where it comes from.</param>
/// <param name="Epoch">The epoch it was made in.</param>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Architecture">How it is built.</param>
/// <param name="Dataset">What it was trained on.</param>
/// <param name="Training">How.</param>
/// <param name="Metrics">How good the pictures of its moving average are; null where they were not measured.</param>
/// <param name="Files">What there is to download.</param>
/// <param name="Sampling">How to draw.</param>
/// <param name="Format">Of this card.</param>
public sealed record ModelCard(
    string PipelineTag, string LibraryName, IReadOnlyList<string> Tags, string Run, int Epoch, string Checkpoint, Architecture Architecture,
    CardDataset Dataset, CardTraining Training, PictureQuality? Metrics, IReadOnlyList<CardFile> Files, CardSampling Sampling, int Format = 1)
{
    /// <summary>The card of a checkpoint.</summary>
    /// <param name="row">The run's.</param>
    /// <param name="manifest">The checkpoint's.</param>
    /// <param name="file">Its <c>generator</c> file.</param>
    /// <param name="dataset">What is known of the data set now.</param>
    public static ModelCard Of(RunRow row, Manifest manifest, byte[] file, DatasetInfo? dataset)
    {
        using var generator = NetworkState.LoadGenerator(file, averaged: true);
        var architecture = Architecture.Of(generator);
        string[] tags = ["gan", "dcgan", .. generator.IsConditional ? ["conditional"] : Array.Empty<string>(), "onnx", "safetensors"];
        return new(
            "unconditional-image-generation", "pytorch", tags, manifest.Run, manifest.Epoch, manifest.Name, architecture,
            CardDataset.Of(row.Options.Dataset, manifest, generator.Labels, dataset), CardTraining.Of(row.Options, manifest), manifest.Quality,
            CardFile.Of(manifest, file), CardSampling.Of(manifest, generator));
    }
}

/// <summary>The data that a generator was trained on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">Of its content, as it was then.</param>
/// <param name="Description">For people; null where the data set of that name is another one now.</param>
/// <param name="Pictures">To train on; null in the same case.</param>
/// <param name="Classes">Different labels, where there are any.</param>
/// <param name="Labels">Those, where they are known: of a conditional run, or one whose pictures are measured.</param>
public sealed record CardDataset(string Name, string Sha256, string? Description, int? Pictures, int? Classes, IReadOnlyList<int>? Labels)
{
    internal static CardDataset Of(string name, Manifest manifest, IReadOnlyList<byte> labels, DatasetInfo? now)
    {
        var same = now?.Sha256 == manifest.Dataset ? now : null;
        IReadOnlyList<int>? known = labels.Count > 0 ? [.. labels] : manifest.Quality?.Classes?.Shares.Select(share => share.Label).ToList();
        return new(name, manifest.Dataset, same?.Description, same?.Train, same?.Classes ?? known?.Count, known);
    }
}

/// <summary>A file to download.</summary>
/// <param name="Format"><c>safetensors</c>, which has both kinds of weights, or <c>onnx</c>.</param>
/// <param name="Weights"><c>ema</c>, the moving average, which draws better, or <c>raw</c>.</param>
/// <param name="Href">Where it is.</param>
/// <param name="Sha256">Of its content.</param>
/// <param name="Size">Bytes.</param>
public sealed record CardFile(string Format, IReadOnlyList<string> Weights, string Href, string Sha256, long Size)
{
    /// <summary>How the checkpoint is asked for: one in mid-epoch has no number, and can be had for as long as it is the latest.</summary>
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

/// <summary>How to draw.</summary>
/// <param name="Noise">What goes in.</param>
/// <param name="Label">What else goes in, where it is conditional.</param>
/// <param name="Labels">The labels that can be asked for; null where it is not conditional.</param>
/// <param name="Pictures">What comes out.</param>
/// <param name="Pixels">How that becomes bytes.</param>
/// <param name="Href">Where the app itself draws from it.</param>
public sealed record CardSampling(string Noise, string? Label, IReadOnlyList<int>? Labels, string Pictures, string Pixels, string Href)
{
    internal static CardSampling Of(Manifest manifest, Generator generator)
    {
        var (shape, labels) = (generator.Shape, generator.IsConditional ? generator.Labels.Select(label => (int)label).ToList() : null);
        return new(
            $"noise: float32 [batch, {Generator.LatentSize}], independent normals of mean 0 and deviation 1",
            labels is null ? null : "label: int64 [batch], one of the labels for each picture",
            labels,
            $"pictures: float32 [batch, {shape.Channels}, {shape.Side}, {shape.Side}] in [-1, 1]",
            "round((x + 1) * 127.5)",
            $"/api/runs/{manifest.Run}/samples?epoch={CardFile.EpochOf(manifest)}{(labels is null ? "" : $"&label={labels[0]}")}");
    }
}

/// <summary>How a generator was trained.</summary>
/// <param name="Preset">The recipe.</param>
/// <param name="Epochs">Up to this checkpoint; a fraction where it was made in mid-epoch.</param>
/// <param name="Steps">Up to this checkpoint.</param>
/// <param name="Pictures">Real ones seen, counting each time.</param>
/// <param name="Precision">Arithmetic of the convolutions.</param>
/// <param name="RollBacks">Times that the training went back after it had diverged.</param>
/// <param name="Options">All options of the run, as it resolved them.</param>
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
