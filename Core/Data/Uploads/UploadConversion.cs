using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Pictures;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Finds a run that is not finished and trains on a data set.</summary>
/// <param name="dataset">Name of the data set.</param>
/// <param name="cancellation">Cancels the search.</param>
/// <returns>The run's id, or null.</returns>
public delegate Task<string?> FindRunOn(string dataset, CancellationToken cancellation);

/// <summary>
/// Turns staged uploads into data sets. All that it does may be done twice, and by two workers at once: what is written is the same, and
/// the first commit wins. An upload that was replaced or removed is dropped, and what is left of it goes.
/// </summary>
public sealed partial class UploadConversion(
    BlobContainerClient container, DatasetOptions options, FindRunOn findRunOn, TimeProvider time, ILogger<UploadConversion> logger)
{
    // A function may take ten minutes on the Functions host; one blob of the largest pictures, some.
    private static readonly TimeSpan Slice = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10); // a conversion that reports nothing is requested again
    private const int MaxStarts = 10; // at the same blob: then one of them is what ends the process

    private readonly ConversionStore _conversions = new(container);
    private readonly DatasetWriter _writer = new(container, time, logger);
    private readonly DatasetSweep _sweep = new(container, time, logger);

    /// <summary>Works on an upload for some minutes. A failed attempt is repeated by the next call, at most ten times without progress.</summary>
    /// <returns>True when there is nothing more to do: it is the data set now, it failed, or nobody wants it.</returns>
    public async Task<bool> ConvertAsync(string name, string upload, CancellationToken cancellation)
    {
        var conversion = await _conversions.UpdateAsync(
            name, upload, each => each.IsOpen ? each with { State = ConversionState.Converting, Starts = each.Starts + 1 } : null, cancellation);
        await using var heartbeat = new Timed(time, HeartbeatInterval, () => _conversions.UpdateAsync(name, upload, each => each.IsOpen ? each with { } : null, cancellation));
        try
        {
            if (conversion is { Starts: > MaxStarts }) throw Hopeless(conversion);
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
            LogDropped(name, upload); // somebody else finished it, and removed what this worker was reading
        }
        await DropAsync(name, upload);
        return true;
    }

    private static UploadRefusedException Hopeless(Conversion conversion) => new(
        "the upload", $"it was begun {MaxStarts} times after file {conversion.Committed} of {conversion.Total}, and no worker got further; the log says why",
        "an upload without the file that does that");

    /// <summary>Gives an upload up: says why, and removes it. The data set of that name stays, if there is one.</summary>
    private async Task FailAsync(string name, string upload, string error, CancellationToken cancellation)
    {
        LogFailed(name, error);
        await _conversions.UpdateAsync(
            name, upload, each => each.IsOpen ? each with { State = ConversionState.Failed, Error = error } : null, cancellation);
        await DropAsync(name, upload);
    }

    /// <summary>Removes what an upload leaves once nobody works on it any more: all that does not belong to a data set.</summary>
    public async Task DropAsync(string name, string upload)
    {
        // Removed while it was stored: what the user removed stays removed.
        if (await _conversions.FindAsync(name, CancellationToken.None) is null) await _writer.DeleteAsync(name, CancellationToken.None, convertedFrom: upload);
        await _sweep.SweepAsync(name, leftBehind: folder => folder == upload);
    }

    /// <summary>Removes what uploads left that were cut off more than a day ago.</summary>
    public Task SweepAsync() => _sweep.SweepAllAsync();

    private async Task<bool> SaveAsync(Conversion conversion, CancellationToken cancellation)
    {
        using var archive = await StagedArchive.OpenAsync(container.StagedBlob(conversion.Name, conversion.Upload), options, cancellation);
        await _conversions.UpdateAsync(conversion.Name, conversion.Upload, each => each with { Total = archive.Files.Count }, cancellation);
        if (!archive.IsIdx) return await SavePicturesAsync(conversion, archive, cancellation);
        await SaveIdxAsync(conversion, archive, cancellation);
        return true;
    }

    private async Task SaveIdxAsync(Conversion conversion, StagedArchive archive, CancellationToken cancellation)
    {
        var upload = IdxUpload.FromFiles(archive.Files.Select(file => new IdxUpload.File(file.FullName, file.Open)));
        var parts = HeldOut.Divide(await IdxUploadReader.ReadAsync(upload, options.MaxFileBytes, cancellation));
        var (train, _) = IdxParts.ToImages(parts);
        CheckAsked(conversion, train.Shape);
        await CommitAsync(conversion, async folder =>
        {
            await container.PreviewBlob(conversion.Name, folder).UploadAsync(BinaryData.FromBytes(Preview.Of(train)), overwrite: true, cancellation);
            return await _writer.WriteAsync(conversion.Name, folder, parts, cancellation);
        }, cancellation);
    }

    private static void CheckAsked(Conversion asked, PictureShape found)
    {
        if ((asked.Size ?? found.Side) == found.Side && (asked.Channels ?? found.Channels) == found.Channels) return;
        throw new UploadRefusedException(
            "the upload", $"size={asked.Size ?? found.Side} and channels={asked.Channels ?? found.Channels} were asked for, and its IDX files are {found}",
            "to leave size and channels out: IDX files are taken as they are");
    }

    /// <returns>False when the time was over before the end.</returns>
    private async Task<bool> SavePicturesAsync(Conversion conversion, StagedArchive archive, CancellationToken cancellation)
    {
        var pictures = new PictureConversion(container, options, conversion, archive.Files);
        var begun = time.GetTimestamp();
        while (conversion.Committed < archive.Files.Count)
        {
            if (time.GetElapsedTime(begun) > Slice) return false;
            var first = conversion.Committed;
            var (count, problems) = await ConvertAsync(conversion, pictures, archive.Files.Count, cancellation);
            conversion = await _conversions.UpdateAsync(conversion.Name, conversion.Upload, each => each.Committed > first ? null : each with
            {
                Starts = 0,
                Committed = first + count,
                Done = first + count,
                Problems = [.. each.Problems.Concat(problems).Take(Conversion.MaxProblems)],
                ProblemCount = each.ProblemCount + problems.Count,
            }, cancellation) ?? throw new SupersededException();
        }
        await CommitAsync(
            conversion, folder => pictures.AssembleAsync(conversion.Name, folder, conversion, time.GetUtcNow(), cancellation), cancellation);
        return true;
    }

    /// <summary>Converts the next files; says every second how far it is, and stops when nobody wants it any more.</summary>
    private async Task<(int Count, List<FileProblem> Problems)> ConvertAsync(
        Conversion conversion, PictureConversion pictures, int total, CancellationToken cancellation)
    {
        var done = conversion.Committed;
        using var wanted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var telling = new Timed(time, ProgressInterval, async () =>
        {
            var told = await _conversions.UpdateAsync(
                conversion.Name, conversion.Upload, each => each with { Done = Math.Max(each.Done, done), Total = total }, cancellation);
            if (told is null) await wanted.CancelAsync();
        });
        try
        {
            return await pictures.ConvertAsync(conversion.Committed, () => Interlocked.Increment(ref done), wanted.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new SupersededException();
        }
    }

    private Task CommitAsync(Conversion conversion, Func<string, Task<DatasetManifest>> write, CancellationToken cancellation) => _writer.SaveAsync(
        conversion.Name, async folder => await write(folder) with { ConvertedFrom = conversion.Upload },
        (manifest, stored) => CheckWantedAsync(manifest, stored, cancellation), cancellation);

    private async Task CheckWantedAsync(DatasetManifest manifest, DatasetManifest? stored, CancellationToken cancellation)
    {
        if ((await _conversions.FindAsync(manifest.Name, cancellation))?.Upload != manifest.ConvertedFrom) throw new SupersededException();
        if (stored is null || stored.Sha256 == manifest.Sha256) return;
        if (await findRunOn(manifest.Name, cancellation) is { } run)
        {
            throw new UploadRefusedException(
                "the upload", $"run '{run}' began meanwhile and needs '{manifest.Name}' as it is", "to cancel the run and upload again");
        }
    }

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {Upload} was replaced, removed or finished elsewhere, and is dropped")]
    private partial void LogDropped(string dataset, string upload);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: its upload cannot be used. {Error}")]
    private partial void LogFailed(string dataset, string error);

    /// <summary>Another upload came, or the data set was removed.</summary>
    private sealed class SupersededException : Exception;
}

/// <summary>Does something again and again, until it is disposed of.</summary>
internal sealed class Timed : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public Timed(TimeProvider time, TimeSpan interval, Func<Task> work)
    {
        _timer = new PeriodicTimer(interval, time);
        _loop = LoopAsync(work);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task LoopAsync(Func<Task> work)
    {
        while (await _timer.WaitForNextTickAsync()) await work();
    }
}
