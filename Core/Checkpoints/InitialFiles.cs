using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// The files that a run starts from (<see cref="TrainingOptions.InitFrom"/>), copied into the run's own files, so that nothing depends on
/// the run they come from. No checkpoint refers to them, so they stay until the run is deleted: a run that diverges in its first epoch
/// starts from them again.
/// </summary>
/// <param name="container">The container of all runs.</param>
public sealed class InitialFiles(BlobContainerClient container)
{
    /// <summary>Stores the files. Those that are there already are left unchanged.</summary>
    /// <param name="run">The new run's id.</param>
    /// <param name="generator">The <c>generator</c> file.</param>
    /// <param name="training">The <c>training</c> file; null if there is none.</param>
    /// <param name="cancellation">Cancels the writes.</param>
    public async Task SaveAsync(string run, byte[] generator, byte[]? training, CancellationToken cancellation)
    {
        foreach (var file in new[] { generator, training }.OfType<byte[]>())
            await File(run, BlobReference.Of(file).Sha256).TryCreateAsync(new BinaryData(file), cancellation);
    }

    /// <summary>Reads the files and verifies their hashes.</summary>
    /// <param name="run">The run that starts from them.</param>
    /// <param name="from">The resolved option.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <exception cref="RunRefusedException">A file is missing or damaged.</exception>
    public async Task<(byte[] Generator, byte[]? Training)> LoadAsync(string run, InitFrom from, CancellationToken cancellation) =>
        (await ReadAsync(run, from, from.Generator, cancellation),
            from.Training is null ? null : await ReadAsync(run, from, from.Training, cancellation));

    private async Task<byte[]> ReadAsync(string run, InitFrom from, string? sha256, CancellationToken cancellation)
    {
        try
        {
            if (sha256 is not null && await File(run, sha256).TryReadAsync(Verified, cancellation) is { } content) return content;
        }
        catch (InvalidDataException)
        {
            throw Refusal("damaged");
        }
        throw Refusal("missing");

        byte[] Verified(StoredBlob stored)
        {
            var bytes = stored.Content.ToArray();
            return BlobReference.Of(bytes).Sha256 == sha256 ? bytes : throw new InvalidDataException();
        }

        RunRefusedException Refusal(string problem) =>
            new($"The run starts from {from}, but its copy of the file {sha256} is {problem}. Start a new run.");
    }

    private BlobClient File(string run, string sha256) => container.GetBlobClient(RunPaths.Blob(run, sha256));
}
