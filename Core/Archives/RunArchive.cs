using System.IO.Compression;
using System.Runtime.CompilerServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Archives;

/// <summary>
/// An archive whose content has been verified: its files are those of the index, with their sizes and hashes, and its documents are valid. Archives come from
/// users, and nothing in them is trusted.
/// </summary>
public sealed class RunArchive : IAsyncDisposable
{
    private readonly ZipArchive _zip;
    private readonly IReadOnlyList<ArchivedFile> _files;

    private RunArchive(ZipArchive zip, IReadOnlyList<ArchivedFile> files, ExportedRun run, IReadOnlyList<Manifest> checkpoints) =>
        (_zip, _files, Run, Checkpoints) = (zip, files, run, checkpoints);

    /// <summary>The run.</summary>
    public ExportedRun Run { get; }

    /// <summary>The manifests, oldest first. They name the run that was exported.</summary>
    public IReadOnlyList<Manifest> Checkpoints { get; }

    /// <summary>The newest checkpoint, which has both files; null if there is none.</summary>
    public Manifest? Newest => Checkpoints.Count > 0 ? Checkpoints[^1] : null;

    /// <summary>The checkpoint files.</summary>
    public IEnumerable<BlobReference> Blobs =>
        _files.Where(file => ArchiveNames.IsBlob(file.Name)).Select(file => new BlobReference(file.Sha256, file.Size));

    /// <summary>Opens and verifies an archive, which is read completely.</summary>
    /// <param name="stream">The archive; seekable. It is left open.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <exception cref="ArchiveRefusedException">The archive cannot be imported.</exception>
    public static async Task<RunArchive> OpenAsync(Stream stream, ArchiveOptions options, CancellationToken cancellation)
    {
        ZipArchive? zip = null;
        try
        {
            await ZipDirectory.CheckAsync(stream, ArchiveOptions.MaxFiles, cancellation); // before the directory is loaded
            stream.Position = 0;
            zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellation);
            var verification = new ArchiveVerification(zip, stream.Length, options.MaxBytes);
            var (files, run, checkpoints) = await verification.RunAsync(cancellation);
            return new(zip, files, run, checkpoints);
        }
        catch (Exception damage)
        {
            if (zip is not null) await zip.DisposeAsync();
            if (damage is InvalidDataException or UploadRefusedException or NewerFormatException)
                throw new ArchiveRefusedException(damage.Message, damage);
            throw;
        }
    }

    /// <summary>Opens a checkpoint file. Only one file can be open at a time.</summary>
    public Task<Stream> OpenAsync(BlobReference file, CancellationToken cancellation) => OpenAsync(ArchiveNames.Blob(file.Sha256), cancellation);

    /// <summary>The sample grids, one after another.</summary>
    public async IAsyncEnumerable<(int Epoch, byte[] Png)> GridsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var file in _files.Where(file => ArchiveNames.IsGrid(file.Name)))
        {
            var png = new byte[file.Size];
            await using var stream = await OpenAsync(file.Name, cancellation);
            await stream.ReadExactlyAsync(png, cancellation);
            yield return (GridStore.EpochOf(file.Name), png);
        }
    }

    /// <summary>The rows of the loss log.</summary>
    /// <param name="run">The run that they belong to from now on.</param>
    /// <param name="cancellation">Cancels the read.</param>
    public async IAsyncEnumerable<LossRow> LossesAsync(string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var stream = await OpenAsync(ArchiveNames.Losses, cancellation);
        await foreach (var row in LossLines.ReadAsync(stream, run, cancellation)) yield return row;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _zip.DisposeAsync();

    private Task<Stream> OpenAsync(string name, CancellationToken cancellation) => _zip.GetEntry(name)!.OpenAsync(cancellation);
}
