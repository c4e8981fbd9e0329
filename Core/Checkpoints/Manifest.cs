using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Checkpoints;

/// <summary>A blob by its content.</summary>
/// <param name="Sha256">Lower-case hexadecimal; also the blob's name.</param>
/// <param name="Size">Bytes.</param>
public sealed record BlobReference(string Sha256, long Size);

/// <summary>Something stored is of a format newer than this version knows. Nothing is done to it.</summary>
public sealed class NewerFormatException(string message) : RefusedException(message);

/// <summary>
/// A checkpoint: it exists when its manifest does. Everything in it follows from the run's options, data and processor; no clock, host or
/// instance id, so that two workers that did the same work write the same manifest.
/// </summary>
public sealed record Manifest
{
    /// <summary>The newest format this code reads and the one it writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Format of this manifest.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The run's id.</summary>
    public required string Run { get; init; }

    /// <summary>Roll-backs before it.</summary>
    public required int Attempt { get; init; }

    /// <summary>The epoch it lies in, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps of that epoch done.</summary>
    public required int Step { get; init; }

    /// <summary>Steps in each epoch of this run.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>What to sample from.</summary>
    public required BlobReference Generator { get; init; }

    /// <summary>What to resume from, with the generator.</summary>
    public required BlobReference Training { get; init; }

    /// <summary>SHA-256 of the data set, so that a resume notices when it was changed.</summary>
    public required string Dataset { get; init; }

    /// <summary>Arithmetic of the run, resolved by its first slice.</summary>
    public required string Precision { get; init; }

    /// <summary>Threads of the run, resolved by its first slice: the order of sums depends on it.</summary>
    public required int Threads { get; init; }

    /// <summary>Sums of this epoch's losses over the steps done, from which a resumed epoch goes on.</summary>
    public required StepLosses EpochSums { get; init; }

    /// <summary>How good its pictures are; null in mid-epoch, and where quality is not measured.</summary>
    public PictureQuality? Quality { get; init; }

    /// <summary>The best epoch up to here; null before the first that was measured.</summary>
    public BestEpoch? Best { get; init; }

    /// <summary>Mean losses of this epoch over the steps done.</summary>
    [JsonIgnore]
    public StepLosses MeanLosses => EpochSums / Math.Max(Step, 1);

    /// <summary>Whether its epoch is complete.</summary>
    [JsonIgnore]
    public bool IsEpochEnd => Step == StepsPerEpoch;

    /// <summary>Epochs completed.</summary>
    [JsonIgnore]
    public int CompletedEpochs => IsEpochEnd ? Epoch : Epoch - 1;

    /// <summary>Name among the run's checkpoints; later ones sort behind earlier ones.</summary>
    [JsonIgnore]
    public string Name => $"{Attempt:D3}-{Epoch:D5}-{Step:D6}";

    /// <summary>The step that the name of a manifest says.</summary>
    internal static int StepOf(string name) => int.Parse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>As it is stored.</summary>
    public BinaryData Write() => BinaryData.FromObjectAsJson(this, Json);

    /// <summary>Reads a stored manifest.</summary>
    /// <exception cref="InvalidDataException">It is no manifest.</exception>
    /// <exception cref="NewerFormatException">A later version wrote it.</exception>
    public static Manifest Read(string name, BinaryData stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored);
            var format = document.RootElement.GetProperty("format").GetInt32();
            if (format > CurrentFormat)
                throw new NewerFormatException($"{name} is of format {format}; this version reads formats up to {CurrentFormat}.");
            return document.Deserialize<Manifest>(Json) ?? throw new InvalidDataException($"{name} is empty.");
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{name} is not a checkpoint's manifest: {problem.Message}", problem);
        }
    }

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}
