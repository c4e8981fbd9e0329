using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Pictures;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Finds an unfinished run that trains on a data set.</summary>
/// <param name="dataset">Name of the data set.</param>
/// <param name="cancellation">Cancels the search.</param>
/// <returns>The run's id; null if there is none.</returns>
public delegate Task<string?> FindRunOn(string dataset, CancellationToken cancellation);

/// <summary>
/// Converts staged uploads to data sets. Every operation may be repeated, even by two workers at once: they write the same content, and the
/// first commit wins. An upload that was replaced or removed is dropped, and its files are removed.
/// </summary>
public sealed partial class UploadConversion(
    BlobContainerClient container, DatasetOptions options, RawUpload raw, SourceDownload download, FindRunOn findRunOn, TimeProvider time,
    ILogger<UploadConversion> logger)
{
    // The Functions host limits a function to ten minutes, and the last blob of a slice may take several if its pictures have the maximum size.
    private static readonly TimeSpan Slice = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10); // a conversion without updates is scheduled again
    private const int MaxStarts = 10; // without progress; after that, a file is assumed to crash the process

    private readonly ConversionStore _conversions = new(container);
    private readonly DatasetWriter _writer = new(container, time, logger);
    private readonly DatasetSweep _sweep = new(container, time, logger);

    /// <summary>
    /// Converts an upload for a few minutes. After an exception, the next call resumes. The upload fails after ten starts
    /// without progress.
    /// </summary>
    /// <returns>True if there is nothing more to do, because the upload was converted, failed, replaced or removed.</returns>
    public async Task<bool> ConvertAsync(string name, string upload, CancellationToken cancellation)
    {
        var conversion = await _conversions.UpdateAsync(
            name, upload,
            each => each.IsOpen ? each with { State = ConversionState.Converting, Starts = each.Starts + 1 } : null, cancellation);
        await using var heartbeat = new PeriodicAction(
            time, HeartbeatInterval,
            () => _conversions.UpdateAsync(name, upload, each => each.IsOpen ? each with { } : null, cancellation));
        try
        {
            if (conversion is { Starts: > MaxStarts }) throw NoProgress(conversion);
            if (conversion is { IsOpen: true } && !await SaveAsync(conversion, cancellation)) return false;
            await _conversions.UpdateAsync(
                name, upload, each => each.IsOpen ? each with { State = ConversionState.Ready, Done = each.Total } : null, cancellation);
        }
        catch (Exception refusal) when (refusal is UploadRefusedException or IdxFormatException)
        {
            await FailAsync(name, upload, refusal.Message, cancellation);
        }
        catch (SupersededException)
        {
            LogDropped(name, upload);
        }
        catch (RequestFailedException gone) when (gone.Status == (int)HttpStatusCode.NotFound)
        {
            if (await _conversions.FindAsync(name, cancellation) is { IsOpen: true } open && open.Upload == upload) throw;
            LogDropped(name, upload); // another worker finished it and removed the files that this one was reading
        }
        await DropAsync(name, upload);
        return true;
    }

    private static UploadRefusedException NoProgress(Conversion conversion) => new(
        "the upload",
        $"its conversion stopped {MaxStarts} times after file {conversion.Committed} of {conversion.Total}; the log states the reasons",
        "an upload without the file that causes this");

    /// <summary>Records that an upload has failed and removes its files. An existing data set with this name is kept.</summary>
    private async Task FailAsync(string name, string upload, string error, CancellationToken cancellation)
    {
        LogFailed(name, error);
        await _conversions.UpdateAsync(
            name, upload, each => each.IsOpen ? each.WithoutSource() with { State = ConversionState.Failed, Error = error } : null, cancellation);
        await DropAsync(name, upload);
    }

    /// <summary>
    /// Removes the files of an upload that do not belong to a data set. Call it when no worker converts the upload any more.
    /// </summary>
    public async Task DropAsync(string name, string upload)
    {
        // The user removed the data set while it was being stored, so it must not reappear.
        if (await _conversions.FindAsync(name, CancellationToken.None) is null)
            await _writer.DeleteAsync(name, CancellationToken.None, convertedFrom: upload);
        await _sweep.SweepAsync(name, isLeftover: folder => folder == upload);
    }

    /// <summary>Removes the files of uploads that were interrupted more than a day ago.</summary>
    public Task SweepAsync() => _sweep.SweepAllAsync();

    private async Task<bool> SaveAsync(Conversion conversion, CancellationToken cancellation)
    {
        if (conversion.Request.Source is { } source)
        {
            var isComplete = await download.DownloadAsync(conversion.Name, conversion.Upload, source, Slice, cancellation);
            conversion = await UpdateAsync(
                conversion, each => (isComplete ? each.WithoutSource() : each) with { Starts = 0 }, cancellation);
            if (!isComplete) return false;
        }
        await raw.PackAsync(conversion.Name, conversion.Upload, cancellation);
        await using var archive = await OpenAsync(conversion, cancellation);
        var idx = await IdxUpload.FindAsync(archive.Files, cancellation);
        if (conversion.Total == 0)
        {
            List<FileProblem> problems = [.. archive.Problems, .. idx?.Others ?? []];
            conversion = await UpdateAsync(
                conversion, each => each.Total > 0 ? null : each.WithProblems(problems) with { Total = archive.Files.Count }, cancellation);
        }
        if (idx is null) return await SavePicturesAsync(conversion, archive, cancellation);
        await SaveIdxAsync(conversion, idx, cancellation);
        return true;
    }

    /// <summary>Opens the archive. If it contains tables, their pictures are unpacked to another archive first.</summary>
    private async Task<StagedArchive> OpenAsync(Conversion conversion, CancellationToken cancellation)
    {
        var unpacked = container.UnpackedBlob(conversion.Name, conversion.Upload);
        if (await unpacked.ExistsAsync(cancellation)) return await StagedArchive.OpenAsync(unpacked, options, cancellation);
        var archive = await StagedArchive.OpenAsync(container.StagedBlob(conversion.Name, conversion.Upload), options, cancellation);
        var tables = await TableFiles.FindAsync(archive.Files, cancellation);
        if (tables.Count == 0) return archive;
        await using (archive)
        {
            try
            {
                await UploadStaging.WriteAsync(
                    unpacked, (stream, token) => new TableFiles(options).UnpackAsync(tables, stream, token), options.MaxUploadBytes, cancellation);
            }
            catch (UploadTooLargeException)
            {
                throw new UploadRefusedException(
                    "the upload", $"its pictures need more than {options.MaxUploadBytes} bytes when unpacked",
                    "fewer or smaller pictures (limit MaxUploadBytes)");
            }
        }
        return await StagedArchive.OpenAsync(unpacked, options, cancellation);
    }

    private async Task SaveIdxAsync(Conversion conversion, IdxUpload upload, CancellationToken cancellation)
    {
        var read = await IdxUploadReader.ReadAsync(upload, options.MaxFileBytes, conversion.Request.Transpose, cancellation);
        var parts = HeldOut.Split(read);
        var (train, _) = IdxParts.ToImages(parts);
        CheckRequested(conversion.Request, train.Shape);
        await CommitAsync(conversion, async folder =>
        {
            var preview = BinaryData.FromBytes(Preview.Of(train));
            await container.PreviewBlob(conversion.Name, folder).UploadAsync(preview, overwrite: true, cancellation);
            return await _writer.WriteAsync(conversion.Name, folder, parts, cancellation);
        }, cancellation);
    }

    private static void CheckRequested(ConversionRequest requested, PictureShape found)
    {
        if ((requested.Size ?? found.Side) == found.Side && (requested.Channels ?? found.Channels) == found.Channels) return;
        throw new UploadRefusedException(
            "the upload",
            $"size={requested.Size ?? found.Side} and channels={requested.Channels ?? found.Channels} were requested, but its IDX files are {found}",
            "no size or channels for IDX files, which are not converted");
    }

    /// <returns>False if time was up before all pictures were converted.</returns>
    private async Task<bool> SavePicturesAsync(Conversion conversion, StagedArchive archive, CancellationToken cancellation)
    {
        if (conversion.Choice is null)
        {
            List<ArchiveFile> files = [.. archive.Files.Where(file => ArchiveLayout.MayBePicture(file.Path))];
            var choice = await PictureExamination.ChooseAsync(conversion.Request, files, options, cancellation);
            conversion = await UpdateAsync(conversion, each => each.Choice is null ? each with { Choice = choice } : null, cancellation);
        }
        var labels = await LabelFile.FindAsync(archive.Files, cancellation);
        var pictures = new PictureConversion(container, options, conversion, conversion.Choice!, archive.Files, labels);
        var begun = time.GetTimestamp();
        while (conversion.Committed < archive.Files.Count)
        {
            if (time.GetElapsedTime(begun) > Slice) return false;
            var first = conversion.Committed;
            var (count, problems) = await ConvertAsync(conversion, pictures, archive.Files.Count, cancellation);
            if (first + count == archive.Files.Count) problems.AddRange(await pictures.EmptyClassesAsync(cancellation));
            conversion = await UpdateAsync(conversion, each => each.Committed > first ? null : each.WithProblems(problems) with
            {
                Starts = 0,
                Committed = first + count,
                Done = first + count,
            }, cancellation);
        }
        await CommitAsync(
            conversion, folder => pictures.AssembleAsync(conversion.Name, folder, conversion, time.GetUtcNow(), cancellation),
            cancellation);
        return true;
    }

    /// <exception cref="SupersededException">The upload was replaced or removed.</exception>
    private async Task<Conversion> UpdateAsync(Conversion conversion, Func<Conversion, Conversion?> change, CancellationToken cancellation) =>
        await _conversions.UpdateAsync(conversion.Name, conversion.Upload, change, cancellation) ?? throw new SupersededException();

    /// <summary>Converts the next files. Reports the progress every second, and stops if the upload was replaced or removed.</summary>
    private async Task<(int Count, List<FileProblem> Problems)> ConvertAsync(
        Conversion conversion, PictureConversion pictures, int total, CancellationToken cancellation)
    {
        var done = conversion.Committed;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var reporting = new PeriodicAction(time, ProgressInterval, async () =>
        {
            var updated = await _conversions.UpdateAsync(
                conversion.Name, conversion.Upload, each => each with { Done = Math.Max(each.Done, done), Total = total }, cancellation);
            if (updated is null) await stop.CancelAsync();
        });
        try
        {
            return await pictures.ConvertAsync(conversion.Committed, () => Interlocked.Increment(ref done), stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new SupersededException();
        }
    }

    private Task CommitAsync(Conversion conversion, Func<string, Task<DatasetManifest>> write, CancellationToken cancellation) => _writer.SaveAsync(
        conversion.Name, async folder => await write(folder) with { ConvertedFrom = conversion.Upload },
        (manifest, stored) => CheckCurrentAsync(manifest, stored, cancellation), cancellation);

    private async Task CheckCurrentAsync(DatasetManifest manifest, DatasetManifest? stored, CancellationToken cancellation)
    {
        if ((await _conversions.FindAsync(manifest.Name, cancellation))?.Upload != manifest.ConvertedFrom) throw new SupersededException();
        if (stored is null || stored.Sha256 == manifest.Sha256) return;
        if (await findRunOn(manifest.Name, cancellation) is { } run)
        {
            throw new UploadRefusedException(
                "the upload", $"run '{run}' has started in the meantime and uses the stored data set '{manifest.Name}'",
                "no unfinished run; cancel it and upload again");
        }
    }

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: dropping upload {Upload}, which was replaced, removed or finished elsewhere")]
    private partial void LogDropped(string dataset, string upload);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: the upload failed; its files are removed. {Error}")]
    private partial void LogFailed(string dataset, string error);

    /// <summary>The upload was replaced, or the data set was removed.</summary>
    private sealed class SupersededException : Exception;
}

/// <summary>Repeats an action at a fixed interval until it is disposed.</summary>
internal sealed class PeriodicAction : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public PeriodicAction(TimeProvider time, TimeSpan interval, Func<Task> action)
    {
        _timer = new PeriodicTimer(interval, time);
        _loop = LoopAsync(action);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task LoopAsync(Func<Task> action)
    {
        while (await _timer.WaitForNextTickAsync()) await action();
    }
}
