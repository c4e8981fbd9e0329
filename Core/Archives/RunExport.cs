using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Archives;

/// <summary>What an archive will contain.</summary>
/// <param name="Row">The run.</param>
/// <param name="Checkpoints">The manifests, oldest first.</param>
/// <param name="Grids">Epochs of the grids, ascending.</param>
/// <param name="Blobs">Hashes of the checkpoint files, in ordinal order.</param>
/// <param name="Bytes">Size of the archive in bytes; the losses are estimated.</param>
public sealed record ExportPlan(RunRow Row, IReadOnlyList<Manifest> Checkpoints, IReadOnlyList<int> Grids, IReadOnlyList<string> Blobs, long Bytes)
{
    /// <summary>Number of files.</summary>
    public int Files => Checkpoints.Count + Grids.Count + Blobs.Count + 3; // the row, the losses and the index
}

/// <summary>Exports runs at rest. Nothing is held in memory but the part of a file that is being sent.</summary>
/// <param name="checkpoints">The manifests.</param>
/// <param name="losses">The loss log.</param>
/// <param name="container">The container of all runs.</param>
public sealed class RunExport(CheckpointStore checkpoints, LossLog losses, BlobContainerClient container)
{
    private const int BytesPerFile = 512;       // its headers in the archive and its line in the index, about
    private const int BytesOfManifest = 2048;
    private const int PartBytes = 128 * 1024;

    /// <summary>Decides what an archive will contain.</summary>
    /// <param name="row">A run at rest.</param>
    /// <param name="all">
    /// Whether to include all checkpoints. Otherwise, the archive has those that the run continues from, the newest one and that of the last complete
    /// epoch, and that of the best epoch.
    /// </param>
    /// <param name="withGrids">Whether to include the sample grids.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <exception cref="InvalidDataException">The run has checkpoints, and none is whole.</exception>
    public async Task<ExportPlan> PlanAsync(RunRow row, bool all, bool withGrids, CancellationToken cancellation)
    {
        var (run, stored) = (row.RowKey, new Dictionary<string, long>());
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Root(row.RowKey) }, cancellation))
            stored[blob.Name] = blob.Properties.ContentLength ?? 0;

        var chosen = await (all ? AllAsync() : NeededAsync());
        if (chosen.Count == 0 && row.Checkpoint is not null) throw new InvalidDataException($"None of the checkpoints of run '{run}' is intact.");
        var initial = row.Options.InitFrom; // no manifest refers to these files
        var blobs = chosen.SelectMany(manifest => new[] { manifest.Generator, manifest.Training }).Where(IsStored).Select(file => file.Sha256)
            .Concat(new[] { initial?.Generator, initial?.Training }.OfType<string>().Where(hash => stored.ContainsKey(RunPaths.Blob(run, hash))))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        List<int> grids = withGrids ? [.. stored.Keys.Where(IsGrid).Select(GridStore.EpochOf).Order()] : [];
        var bytes = blobs.Sum(hash => stored[RunPaths.Blob(run, hash)] + BytesPerFile) + grids.Sum(epoch => stored[RunPaths.Grid(run, epoch)] + BytesPerFile)
            + chosen.Count * (long)(BytesOfManifest + BytesPerFile) + BytesOfLosses(row);
        return new(row, chosen, grids, blobs, bytes);

        bool IsStored(BlobReference file) => stored.GetValueOrDefault(RunPaths.Blob(run, file.Sha256), -1) == file.Size;

        bool IsWhole(Manifest manifest) => IsStored(manifest.Generator) && IsStored(manifest.Training);

        bool IsGrid(string name) => name.StartsWith(RunPaths.Grids(run), StringComparison.Ordinal);

        async Task<List<Manifest>> AllAsync()
        {
            var manifests = await checkpoints.ListAsync(run, cancellation);
            return [.. manifests.Take(manifests.ToList().FindLastIndex(IsWhole) + 1)]; // those after it are damaged
        }

        async Task<List<Manifest>> NeededAsync()
        {
            var needed = new List<Manifest>();
            await foreach (var manifest in checkpoints.CandidatesAsync(run, epoch: null, cancellation))
            {
                if (!IsWhole(manifest) || (needed.Count > 0 && !manifest.IsEpochEnd)) continue;
                needed.Add(manifest);
                if (manifest.IsEpochEnd) break;
            }
            if (needed is [{ Best.Epoch: var best }, ..] && !needed.Exists(manifest => manifest.IsEpochEnd && manifest.Epoch == best)
                && await checkpoints.CandidatesAsync(run, best, cancellation).FirstOrDefaultAsync(each => IsStored(each.Generator), cancellation) is { } found)
            {
                needed.Add(found);
            }
            return [.. needed.OrderBy(manifest => manifest.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Writes an archive, one file after another.</summary>
    /// <param name="plan">What it contains.</param>
    /// <param name="target">Receives the archive; it is left open.</param>
    /// <param name="cancellation">Cancels the write.</param>
    /// <exception cref="InvalidDataException">A checkpoint file is damaged. The archive is incomplete.</exception>
    public async Task WriteAsync(ExportPlan plan, Stream target, CancellationToken cancellation)
    {
        var run = plan.Row.RowKey;
        var archive = await ArchiveWriter.CreateAsync(target, cancellation);
        await archive.AddAsync(ArchiveNames.Run, ExportedRun.Of(plan.Row, plan.Checkpoints.Count > 0 ? plan.Checkpoints[^1] : null), cancellation);
        await archive.AddAsync(ArchiveNames.Losses, LossLines.WriteAsync(losses.ReadAsync(run, cancellation)), cancellation);
        foreach (var manifest in plan.Checkpoints) await archive.AddAsync(ArchiveNames.Checkpoint(manifest.Name), manifest, cancellation);
        foreach (var epoch in plan.Grids) await archive.AddAsync(ArchiveNames.Grid(epoch), PartsOfAsync(RunPaths.Grid(run, epoch), cancellation), cancellation);
        foreach (var hash in plan.Blobs)
        {
            var file = await archive.AddAsync(ArchiveNames.Blob(hash), PartsOfAsync(RunPaths.Blob(run, hash), cancellation), cancellation);
            if (file.Sha256 != hash) throw new InvalidDataException($"The content of {RunPaths.Blob(run, hash)} does not match its name.");
        }
        await archive.CompleteAsync(cancellation);
    }

    // Every attempt logs its steps. A little too much: an archive that is estimated too small could exceed the limit of an import.
    private static long BytesOfLosses(RunRow row) =>
        (row.Attempt + 1L) * (row.CommittedSteps / Math.Max(row.Options.LogEvery, 1) + row.Epoch + 1) * LossLines.TypicalBytes;

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsOfAsync(string blob, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var download = await container.GetBlobClient(blob).DownloadStreamingAsync(cancellationToken: cancellation);
        await using var stream = download.Value.Content;
        var buffer = new byte[PartBytes];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read) yield return buffer.AsMemory(0, read);
    }
}
