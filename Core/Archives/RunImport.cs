using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Archives;

/// <summary>
/// Creates runs from archives. The row comes first and claims the id, like that of a run that is being deleted: nothing can start under it. Then come
/// the files, the manifests last, and at the end the row gets the run's state. A crash leaves a row that the next import or a deletion removes with all
/// that belongs to it.
/// </summary>
public sealed partial class RunImport(
    RunStore runs, RunLifecycle lifecycle, LossLog losses, GridStore grids, BlobContainerClient container, ArchiveOptions options, TimeProvider time,
    ILogger<RunImport> logger)
{
    private const string Claim = "import-"; // begins the instance id of an imported run until it gets an orchestration
    private const int Concurrency = 4;
    private const int RowsPerBatch = 100;
    private const int PartBytes = 4 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(200); // from the claim to the end
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(5);     // after the claim

    private readonly ManifestStore _manifests = new(container, logger);

    /// <summary>Whether a run is being imported, or its import was interrupted.</summary>
    public static bool IsUnfinished(RunRow row) => row.Phase == Phase.Deleting && row.InstanceId.StartsWith(Claim, StringComparison.Ordinal);

    /// <summary>The run that has an id already; null if the id is free. Removes what an interrupted import left under it.</summary>
    public async Task<RunRow?> FindTakenAsync(string run, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { } row) return null;
        if (!IsUnfinished(row) || time.GetUtcNow() - row.ClaimedAt < Abandoned) return row;
        LogRemoving(run);
        await lifecycle.DeleteAsync(run, cancellation);
        return null;
    }

    /// <summary>Verifies an archive and creates its run.</summary>
    /// <param name="run">The new run's id, for which <see cref="FindTakenAsync"/> found no run.</param>
    /// <param name="stream">The archive; seekable.</param>
    /// <param name="cancellation">Cancels the import; then nothing remains.</param>
    /// <returns>The row; null if the id was taken meanwhile.</returns>
    /// <exception cref="ArchiveRefusedException">The archive cannot be imported. Nothing of it was stored.</exception>
    public async Task<RunRow?> ImportAsync(string run, Stream stream, CancellationToken cancellation)
    {
        await using var archive = await RunArchive.OpenAsync(stream, options, cancellation);
        var row = archive.Run.ToRow(run, archive.Newest);
        var (phase, claim) = (row.Phase, $"{Claim}{Guid.NewGuid():N}");
        (row.Phase, row.InstanceId, row.ClaimedAt) = (Phase.Deleting, claim, time.GetUtcNow());
        if (!await runs.TryClaimAsync(row, cancellation)) return null;
        using var deadline = new CancellationTokenSource(MaxDuration, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await StoreAsync(run, archive, either.Token);
            var ended = await runs.UpdateAsync(run, now =>
            {
                if (now.InstanceId != claim) return false;
                now.Phase = phase;
                return true;
            }, either.Token);
            if (ended is not { Changed: true, Row: var imported }) throw new ArchiveRefusedException($"Run '{run}' was deleted while it was being imported");
            LogImported(run, archive.Run.Run, archive.Newest?.Name ?? "none");
            return imported;
        }
        catch (Exception failure)
        {
            await AbandonAsync(run, claim);
            if (failure is OperationCanceledException && deadline.IsCancellationRequested)
                throw new ArchiveRefusedException($"It could not be stored within {MaxDuration.TotalSeconds} seconds", failure);
            throw;
        }
    }

    private async Task StoreAsync(string run, RunArchive archive, CancellationToken cancellation)
    {
        foreach (var file in archive.Blobs) await UploadAsync(run, archive, file, cancellation);
        var each = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            archive.GridsAsync(cancellation), each, async (grid, token) => await grids.SaveAsync(run, grid.Epoch, grid.Png, token));
        await Parallel.ForEachAsync(
            archive.LossesAsync(run, cancellation).Chunk(RowsPerBatch), each, async (rows, token) => await losses.WriteAsync(rows, token));
        await Parallel.ForEachAsync(
            archive.Checkpoints, each, async (manifest, token) => await _manifests.AddAsync(manifest with { Run = run }, token));
        if (archive.Newest is { } newest) await _manifests.MoveLatestAsync(newest with { Run = run }, cancellation);
    }

    private async Task UploadAsync(string run, RunArchive archive, BlobReference file, CancellationToken cancellation)
    {
        await using var content = await archive.OpenAsync(file, cancellation);
        var transfer = new StorageTransferOptions { InitialTransferSize = PartBytes, MaximumTransferSize = PartBytes, MaximumConcurrency = 1 };
        var parts = new BlobUploadOptions { TransferOptions = transfer };
        await container.GetBlobClient(RunPaths.Blob(run, file.Sha256)).UploadAsync(content, parts, cancellation);
    }

    // Best effort: what remains has a row that says so.
    private async Task AbandonAsync(string run, string claim)
    {
        try
        {
            if (await runs.FindAsync(run, CancellationToken.None) is not { } row) await lifecycle.DeleteStoredAsync(run, CancellationToken.None);
            else if (row.InstanceId == claim || row is { Phase: Phase.Deleting, InstanceId: "" }) await lifecycle.DeleteAsync(run, CancellationToken.None);
        }
        catch (Exception problem) when (problem.IsOfStorage())
        {
            LogNotRemoved(run, problem.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: imported from an archive of run {Exported}; its newest checkpoint is {Checkpoint}")]
    private partial void LogImported(string run, string exported, string checkpoint);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: removing what an interrupted import left")]
    private partial void LogRemoving(string run);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: the import failed, and what it stored could not be removed; a deletion removes it. {Problem}")]
    private partial void LogNotRemoved(string run, string problem);
}
