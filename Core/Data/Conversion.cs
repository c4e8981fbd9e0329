using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary>State of the conversion of an upload.</summary>
public enum ConversionState
{
    /// <summary>The upload is complete; the conversion has not started.</summary>
    Staged,

    /// <summary>The upload is being converted.</summary>
    Converting,

    /// <summary>The data set is stored and can be used.</summary>
    Ready,

    /// <summary>The upload cannot be used; <see cref="Conversion.Error"/> states the reason.</summary>
    Failed,
}

/// <summary>A problem with a file of an upload.</summary>
/// <param name="File">Its name in the archive.</param>
/// <param name="Problem">Description of the problem.</param>
public sealed record FileProblem(string File, string Problem);

/// <summary>How an upload is to be converted. Values that are null are chosen from the pictures.</summary>
/// <param name="Size">Height and width in pixels.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Fit">How pictures become square.</param>
/// <param name="Background">The colour behind transparent pixels, in the format of <see cref="Rgb"/>. Pictures with alpha have none.</param>
/// <param name="Transpose">Whether rows and columns of IDX files are swapped, as in EMNIST.</param>
/// <param name="Source">The address to download the upload from; null if it was sent in requests, and once the download is complete.</param>
public sealed record ConversionRequest(
    int? Size = null, int? Channels = null, PictureFit Fit = PictureFit.Crop, string? Background = null, bool Transpose = false, Uri? Source = null);

/// <summary>What was chosen for an upload, and why.</summary>
/// <param name="Size">Height and width in pixels.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Fit">How pictures that are not square become square.</param>
/// <param name="Background">
/// The colour behind transparent pixels and around padded pictures, in the format of <see cref="Rgb"/>; <c>transparent</c> with four channels.
/// </param>
/// <param name="Reasons">Why, a sentence each; empty if everything was requested.</param>
public sealed record ConversionChoice(int Size, int Channels, PictureFit Fit, string Background, IReadOnlyList<string> Reasons)
{
    /// <summary>The background of pictures that keep their alpha.</summary>
    public const string Transparent = "transparent";

    internal PictureTarget Target => new(new PictureShape(Size, Channels), Fit, Rgb.Parse(Background) ?? Rgb.Black);
}

/// <summary><c>datasets/{name}/conversion.json</c>: the conversion of the latest upload of a data set. All updates use If-Match.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">Folder below that of the data set; it contains the uploaded archive and the pictures converted so far.</param>
/// <param name="ClaimedAt">When the conversion was last scheduled.</param>
public sealed record Conversion(string Name, string Upload, DateTimeOffset ClaimedAt)
{
    /// <summary>Maximum number of problems in <see cref="Problems"/>. <see cref="ProblemCount"/> counts all of them.</summary>
    public const int MaxProblems = 100;

    private const int KnownFormat = 3; // format 1 contained an orchestration id, format 2 only the requested size and channels

    /// <summary>Version of the format. A reader rejects newer versions.</summary>
    public int Format { get; init; } = KnownFormat;

    /// <summary>How the upload is to be converted.</summary>
    public ConversionRequest Request { get; init; } = new();

    /// <summary>What was chosen; null until the pictures have been examined, and for IDX files.</summary>
    public ConversionChoice? Choice { get; init; }

    /// <summary>The current state.</summary>
    public ConversionState State { get; init; }

    /// <summary>Number of files processed.</summary>
    public int Done { get; init; }

    /// <summary>Total number of files; 0 until the archive has been opened.</summary>
    public int Total { get; init; }

    /// <summary>Number of files whose pixels are in Blob Storage, at most <see cref="Done"/>. A worker resumes after them.</summary>
    public int Committed { get; init; }

    /// <summary>Number of times that a worker has started since <see cref="Committed"/> last changed.</summary>
    public int Starts { get; init; }

    /// <summary>The first files that were skipped, each with the reason.</summary>
    public IReadOnlyList<FileProblem> Problems { get; init; } = [];

    /// <summary>Number of files that were skipped.</summary>
    public int ProblemCount { get; init; }

    /// <summary>Why the conversion failed; null if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>When this state was written to Blob Storage.</summary>
    [JsonIgnore]
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>Whether the conversion is neither ready nor failed.</summary>
    [JsonIgnore]
    public bool IsOpen => State is ConversionState.Staged or ConversionState.Converting;

    // An address may contain a signature, so it is not kept longer than needed.
    internal Conversion WithoutSource() => this with { Request = Request with { Source = null } };

    internal Conversion WithProblems(IReadOnlyList<FileProblem> problems) => this with
    {
        Problems = [.. Problems.Concat(problems).Take(MaxProblems)],
        ProblemCount = ProblemCount + problems.Count,
    };

    internal BinaryData ToJson() => BinaryData.FromObjectAsJson(this, Json.Document);

    /// <summary>Reads a stored conversion.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="NewerFormatException">A later version wrote it.</exception>
    internal static Conversion Read(StoredBlob stored) =>
        Json.ReadDocument<Conversion>(DatasetBlobs.ConversionFile, stored.Content, KnownFormat) with { WrittenAt = stored.WrittenAt };

    /// <summary>A conversion that cannot be read: failed, with the reason.</summary>
    internal static Conversion Unreadable(string name, string reason) => new(name, "", DateTimeOffset.UnixEpoch)
    {
        State = ConversionState.Failed,
        Error = $"The state of the latest upload cannot be read: {reason}",
    };
}

/// <summary>Stores the state of conversions.</summary>
/// <param name="container">The container with <c>datasets/</c>.</param>
public sealed class ConversionStore(BlobContainerClient container)
{
    /// <summary>The conversion of the latest upload with this name; null if there is none.</summary>
    public async Task<Conversion?> FindAsync(string name, CancellationToken cancellation) =>
        ResourceId.IsValid(name) ? (await ReadAsync(name, cancellation))?.Conversion : null;

    /// <summary>All conversions.</summary>
    public async Task<List<Conversion>> ListAsync(CancellationToken cancellation)
    {
        List<Conversion> all = [];
        foreach (var name in await container.NamesWithAsync(DatasetBlobs.ConversionFile, cancellation))
            if (await FindAsync(name, cancellation) is { } conversion) all.Add(conversion);
        return all;
    }

    /// <summary>Writes a conversion and replaces any existing one: the latest upload wins.</summary>
    /// <returns>The replaced conversion; null if there was none.</returns>
    public async Task<Conversion?> ReplaceAsync(Conversion conversion, CancellationToken cancellation)
    {
        while (true)
        {
            var old = await ReadAsync(conversion.Name, cancellation);
            if (await TryWriteAsync(conversion, old?.Version, cancellation)) return old?.Conversion;
        }
    }

    /// <summary>Updates a conversion with If-Match and retries if another writer has changed it in between.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The expected upload.</param>
    /// <param name="change">Returns the new state, or null to leave it unchanged. May be called more than once.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The current conversion; null if the upload was replaced or removed.</returns>
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

    /// <summary>Removes a conversion. A worker that is converting it notices at its next update.</summary>
    /// <returns>The removed conversion; null if there was none.</returns>
    public async Task<Conversion?> DeleteAsync(string name, CancellationToken cancellation)
    {
        var found = await ReadAsync(name, cancellation);
        if (found is not null) await container.ConversionBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation);
        return found?.Conversion;
    }

    private async Task<(Conversion Conversion, ETag Version)?> ReadAsync(string name, CancellationToken cancellation)
    {
        StoredBlob? read = null;
        try
        {
            return await container.ConversionBlob(name).TryReadAsync(stored => Conversion.Read(read = stored), cancellation) is { } conversion
                ? (conversion, read!.Version)
                : null;
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            return (Conversion.Unreadable(name, problem.Message) with { WrittenAt = read!.WrittenAt }, read.Version);
        }
    }

    private Task<bool> TryWriteAsync(Conversion conversion, ETag? version, CancellationToken cancellation) =>
        container.ConversionBlob(conversion.Name).TryReplaceAsync(conversion.ToJson(), version, cancellation);
}
