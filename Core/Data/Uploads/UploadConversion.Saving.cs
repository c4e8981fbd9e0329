using GanFunctions.Core.Pictures;


namespace GanFunctions.Core.Data.Uploads;

// How an archive becomes a data set.
public sealed partial class UploadConversion
{
    // A function may take ten minutes on the Functions host; one blob of the largest pictures, some.
    private static readonly TimeSpan Slice = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

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
        if (await runs.NeedingAsync(manifest.Name, cancellation) is { } run)
        {
            throw new UploadRefusedException(
                "the upload", $"run '{run.RowKey}' began meanwhile and needs '{manifest.Name}' as it is", "to cancel the run and upload again");
        }
    }
}
