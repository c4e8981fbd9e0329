using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary>Where the conversion of an upload stands.</summary>
public enum ConversionState
{
    /// <summary>The upload is whole; nobody has begun with it.</summary>
    Staged,

    /// <summary>It is being read.</summary>
    Converting,

    /// <summary>It is the data set now.</summary>
    Ready,

    /// <summary>It cannot be used; <see cref="Conversion.Error"/> says why.</summary>
    Failed,
}

/// <summary>What is wrong with one file of an upload.</summary>
/// <param name="File">Its name in the archive.</param>
/// <param name="Problem">In words.</param>
public sealed record FileProblem(string File, string Problem);

/// <summary><c>datasets/{name}/conversion.json</c>: how the latest upload of a data set becomes one. Changed with If-Match only.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">The folder, under the data set's, that holds what was sent and what was made of it so far.</param>
/// <param name="ClaimedAt">When its conversion was asked for last.</param>
/// <param name="Size">Rows and columns asked for, in pixels; null leaves them to the upload.</param>
/// <param name="Channels">Channels asked for; null leaves them to the upload.</param>
public sealed record Conversion(string Name, string Upload, DateTimeOffset ClaimedAt, int? Size, int? Channels)
{
    /// <summary>So many of the problems are kept; all are counted.</summary>
    public const int MaxProblems = 100;

    private const int KnownFormat = 2; // 1 named an orchestration

    /// <summary>2. A reader refuses what is newer than it knows.</summary>
    public int Format { get; init; } = KnownFormat;

    /// <summary>Where it stands.</summary>
    public ConversionState State { get; init; }

    /// <summary>Files looked at.</summary>
    public int Done { get; init; }

    /// <summary>Files there are; 0 until the archive was opened.</summary>
    public int Total { get; init; }

    /// <summary>Of <see cref="Done"/>, those whose pixels are in Blob Storage: where a worker goes on.</summary>
    public int Committed { get; init; }

    /// <summary>How often a worker has begun since <see cref="Committed"/> moved last.</summary>
    public int Starts { get; init; }

    /// <summary>The first files that were passed over, and why.</summary>
    public IReadOnlyList<FileProblem> Problems { get; init; } = [];

    /// <summary>How many were.</summary>
    public int ProblemCount { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>When this was written to Blob Storage.</summary>
    [JsonIgnore]
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>Whether there is still something to do.</summary>
    [JsonIgnore]
    public bool IsOpen => State is ConversionState.Staged or ConversionState.Converting;

    internal BinaryData ToJson() => BinaryData.FromObjectAsJson(this, Json.Document);

    /// <summary>Reads a stored conversion. One that cannot be read counts as failed and says why.</summary>
    internal static Conversion Parse(string name, BinaryData json)
    {
        try
        {
            return Json.ReadDocument<Conversion>(DatasetBlobs.ConversionFile, json, KnownFormat);
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            return new Conversion(name, "", DateTimeOffset.UnixEpoch, null, null)
            {
                State = ConversionState.Failed,
                Error = $"The state of the last upload cannot be read: {problem.Message}",
            };
        }
    }
}

/// <summary>Reads and writes the state of conversions.</summary>
/// <param name="container">Holds <c>datasets/</c>.</param>
public sealed class ConversionStore(BlobContainerClient container)
{
    /// <summary>The conversion of the latest upload of that name, or null.</summary>
    public async Task<Conversion?> FindAsync(string name, CancellationToken cancellation) =>
        ResourceId.IsValid(name) ? (await ReadAsync(name, cancellation))?.Conversion : null;

    /// <summary>All that there are.</summary>
    public async Task<List<Conversion>> ListAsync(CancellationToken cancellation)
    {
        List<Conversion> all = [];
        foreach (var name in await container.NamesWithAsync(DatasetBlobs.ConversionFile, cancellation))
            if (await FindAsync(name, cancellation) is { } conversion) all.Add(conversion);
        return all;
    }

    /// <summary>Writes a conversion, whatever is there: the latest upload wins.</summary>
    /// <returns>The one that it replaced, if any.</returns>
    public async Task<Conversion?> ReplaceAsync(Conversion conversion, CancellationToken cancellation)
    {
        while (true)
        {
            var old = await ReadAsync(conversion.Name, cancellation);
            if (await TryWriteAsync(conversion, old?.Version, cancellation)) return old?.Conversion;
        }
    }

    /// <summary>Changes a conversion with If-Match, again and again until nobody came in between.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload it must still be of.</param>
    /// <param name="change">Gives the new state, or null to leave it as it is. May be called more than once.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The conversion as it is now; null when the upload was replaced or removed.</returns>
    public async Task<Conversion?> UpdateAsync(
        string name, string upload, Func<Conversion, Conversion?> change, CancellationToken cancellation)
    {
        while (await ReadAsync(name, cancellation) is { } found && found.Conversion.Upload == upload)
        {
            if (change(found.Conversion) is not { } changed) return found.Conversion;
            if (await TryWriteAsync(changed, found.Version, cancellation)) return changed;
        }
        return null;
    }

    /// <summary>Removes a conversion. Who works on it finds out when it writes the next time.</summary>
    /// <returns>What was removed, or null.</returns>
    public async Task<Conversion?> DeleteAsync(string name, CancellationToken cancellation)
    {
        var found = await ReadAsync(name, cancellation);
        if (found is not null) await container.ConversionBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation);
        return found?.Conversion;
    }

    private async Task<(Conversion Conversion, ETag Version)?> ReadAsync(string name, CancellationToken cancellation) =>
        await container.ConversionBlob(name).TryReadAsync(cancellation) is { } stored
            ? (Conversion.Parse(name, stored.Content) with { WrittenAt = stored.WrittenAt }, stored.Version)
            : null;

    private Task<bool> TryWriteAsync(Conversion conversion, ETag? version, CancellationToken cancellation) =>
        container.ConversionBlob(conversion.Name).TryReplaceAsync(conversion.ToJson(), version, cancellation);
}
