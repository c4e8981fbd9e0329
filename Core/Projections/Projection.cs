using System.Text.Json;
using System.Text.Json.Serialization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Projections;

/// <summary>State of a projection.</summary>
public enum ProjectionState
{
    /// <summary>It waits for a free worker.</summary>
    Queued,

    /// <summary>A worker searches, or will again after an interruption.</summary>
    Running,

    /// <summary>The nearest picture is found.</summary>
    Completed,

    /// <summary>It cannot be computed; the error states the reason.</summary>
    Failed,
}

/// <summary>What to search for, and in what. The result depends on nothing else, apart from the last digits, which depend on the processor.</summary>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Generator">Its generator file.</param>
/// <param name="Dataset">SHA-256 of the data set that it was trained on.</param>
/// <param name="Reference">The quality reference whose features are compared; null to compare only pixels.</param>
/// <param name="Shape">Shape of the pictures, in the format of <see cref="PictureShape"/>.</param>
/// <param name="Target">The picture, <c>[channels, side, side]</c>, 0 to 255.</param>
/// <param name="Label">The label to draw; null if the generator is unconditional, or to search all labels.</param>
/// <param name="Seed">Seed of the samples that the search begins with.</param>
/// <param name="Steps">Number of steps along the gradient.</param>
public sealed record ProjectionQuestion(
    string Checkpoint, int Epoch, BlobReference Generator, string Dataset, BlobReference? Reference, string Shape, byte[] Target, byte? Label, long Seed,
    int Steps)
{
    private const int AlgorithmVersion = 1; // increase it with every change of the algorithm: results of an earlier version are then computed anew

    /// <summary>The question for the generator of a checkpoint.</summary>
    public static ProjectionQuestion Of(
        Manifest manifest, BlobReference? reference, PictureShape shape, byte[] target, byte? label, long seed, int steps) => new(
        manifest.Name, manifest.Epoch, manifest.Generator, manifest.Dataset, reference, shape.ToString(), target, label, seed, steps);

    /// <summary>An id for the question: equal questions have equal ids.</summary>
    public string ToId() => BlobReference.Of(JsonSerializer.SerializeToUtf8Bytes((AlgorithmVersion, this), Hashed)).Sha256[..32];

    private static readonly JsonSerializerOptions Hashed = new() { IncludeFields = true };
}

/// <summary><c>runs/{run}/projections/{id}.json</c>: a projection. All updates use If-Match.</summary>
/// <param name="Id">Its id, from <see cref="ProjectionQuestion.ToId"/>.</param>
/// <param name="Question">What to search for.</param>
/// <param name="CreatedAt">When it was requested.</param>
public sealed record Projection(string Id, ProjectionQuestion Question, DateTimeOffset CreatedAt)
{
    internal const int KnownFormat = 1;

    /// <summary>Version of the format. A reader rejects newer versions.</summary>
    public int Format { get; init; } = KnownFormat;

    /// <summary>The current state.</summary>
    public ProjectionState State { get; init; }

    /// <summary>Number of times that a worker has started.</summary>
    public int Starts { get; init; }

    /// <summary>Why it failed; null if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What was found; null until it is completed.</summary>
    public FoundLatent? Found { get; init; }

    /// <summary>Whether it is neither completed nor failed.</summary>
    [JsonIgnore]
    public bool IsOpen => State is ProjectionState.Queued or ProjectionState.Running;

    /// <summary>Shape of the pictures.</summary>
    [JsonIgnore]
    public PictureShape Shape => PictureShape.Parse(Question.Shape) ?? throw new InvalidDataException($"{Question.Shape} is not the shape of a picture.");
}
