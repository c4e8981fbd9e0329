using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// The manifest of a checkpoint. A checkpoint exists when its manifest does. The content follows from the run's options, data and processor
/// alone: there is no timestamp, host name or instance id, so two workers that did the same work write the same manifest.
/// </summary>
public sealed record Manifest : TrainingCursor
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>An empty manifest, for the JSON reader.</summary>
    [JsonConstructor]
    public Manifest()
    {
    }

    /// <summary>The manifest of a checkpoint at <paramref name="cursor"/>.</summary>
    [SetsRequiredMembers]
    public Manifest(TrainingCursor cursor, BlobReference generator, BlobReference training) : base(cursor) =>
        (Generator, Training) = (generator, training);

    /// <summary>Format of this manifest.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The file that pictures are sampled from.</summary>
    public required BlobReference Generator { get; init; }

    /// <summary>The file that training resumes from, together with <see cref="Generator"/>.</summary>
    public required BlobReference Training { get; init; }

    /// <summary>Quality of the pictures; null within an epoch, or if quality is not measured.</summary>
    public PictureQuality? Quality { get; init; }

    /// <summary>The step in a manifest's name.</summary>
    internal static int StepOf(string name) => int.Parse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The epoch in a manifest's name.</summary>
    internal static int EpochOf(string name) => int.Parse(name.Split('-')[1], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The manifest as it is stored.</summary>
    public BinaryData Write() => BinaryData.FromObjectAsJson(this, Json.Document);

    /// <summary>Reads a stored manifest.</summary>
    /// <exception cref="InvalidDataException">The document is not a manifest.</exception>
    /// <exception cref="NewerFormatException">A later version wrote it.</exception>
    public static Manifest Read(string name, BinaryData stored) => Json.ReadDocument<Manifest>(name, stored, CurrentFormat);
}
