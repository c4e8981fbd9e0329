using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Archives;

/// <summary>Verifies an archive. A file is never read beyond the size in the index, whatever it unpacks to.</summary>
/// <param name="zip">The archive.</param>
/// <param name="archiveBytes">Its size.</param>
/// <param name="maxBytes">Maximum size of all files together.</param>
internal sealed class ArchiveVerification(ZipArchive zip, long archiveBytes, long maxBytes)
{
    private const int MaxThreads = 256;
    private const long MaxIndexBytes = 64L << 20, MaxDocumentBytes = 1L << 20, MaxGridBytes = 32L << 20;

    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>Verifies everything.</summary>
    /// <returns>The files of the index, the run, and its manifests, oldest first.</returns>
    /// <exception cref="InvalidDataException">Something is missing, too large, damaged or not valid.</exception>
    /// <exception cref="NewerFormatException">A later version wrote the archive.</exception>
    public async Task<(IReadOnlyList<ArchivedFile> Files, ExportedRun Run, IReadOnlyList<Manifest> Checkpoints)> RunAsync(CancellationToken cancellation)
    {
        CheckNames();
        var files = await ReadIndexAsync(cancellation);
        CheckSizes(files);
        ExportedRun? run = null;
        var checkpoints = new List<Manifest>();
        foreach (var file in files)
        {
            if (file.Name == ArchiveNames.Losses)
            {
                await HashAsync(file, cancellation);
                await CheckLossesAsync(file, cancellation);
            }
            else if (ArchiveNames.IsBlob(file.Name))
            {
                if (ArchiveNames.Stem(file.Name) != file.Sha256)
                    throw new InvalidDataException($"{file.Name}: its SHA-256 in the index, {file.Sha256}, is not its name");
                await HashAsync(file, cancellation);
            }
            else if (ArchiveNames.IsGrid(file.Name))
            {
                if (!GridStore.IsGrid(await ReadAsync(file, MaxGridBytes, cancellation)))
                    throw new InvalidDataException($"{file.Name}: it is not a grid of pictures");
            }
            else
            {
                var document = new BinaryData(await ReadAsync(file, MaxDocumentBytes, cancellation));
                if (ArchiveNames.IsCheckpoint(file.Name)) checkpoints.Add(ManifestOf(file.Name, document));
                else run = Checked(file.Name, Json.ReadDocument<ExportedRun>(file.Name, document, ExportedRun.CurrentFormat));
            }
        }
        checkpoints.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        CheckWhole(run!, checkpoints, files.Where(file => ArchiveNames.IsBlob(file.Name)).ToDictionary(file => file.Sha256, file => file.Size));
        return (files, run!, checkpoints);
    }

    private void CheckNames()
    {
        foreach (var entry in zip.Entries)
        {
            if (!ArchiveNames.IsKnown(entry.FullName)) throw new InvalidDataException($"'{entry.FullName}' is not a file of an exported run");
            if (!_entries.TryAdd(entry.FullName, entry)) throw new InvalidDataException($"{entry.FullName}: it is there twice");
        }
        string[] needed = [ArchiveNames.Index, ArchiveNames.Run, ArchiveNames.Losses];
        if (Array.Find(needed, name => !_entries.ContainsKey(name)) is { } missing)
            throw new InvalidDataException($"{missing} is missing; the file is not an exported run, or the export was interrupted");
        var (packed, unpacked) = (_entries.Values.Sum(entry => (decimal)entry.CompressedLength), _entries.Values.Sum(entry => (decimal)entry.Length));
        if (packed > archiveBytes) throw new InvalidDataException($"its files declare {packed} compressed bytes in an archive of {archiveBytes}");
        if (unpacked > maxBytes) throw new InvalidDataException($"it unpacks to {unpacked} bytes; the maximum is {maxBytes} (setting Archives:MaxBytes)");
    }

    private async Task<IReadOnlyList<ArchivedFile>> ReadIndexAsync(CancellationToken cancellation)
    {
        var entry = _entries[ArchiveNames.Index];
        var content = await ReadAsync(new(ArchiveNames.Index, entry.Length, ""), MaxIndexBytes, cancellation);
        var index = Json.ReadDocument<ArchiveIndex>(ArchiveNames.Index, new BinaryData(content), ArchiveIndex.CurrentFormat);
        return index.Files;
    }

    private void CheckSizes(IReadOnlyList<ArchivedFile> files)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal) { ArchiveNames.Index };
        foreach (var file in files)
        {
            if (!listed.Add(file.Name)) throw new InvalidDataException($"{ArchiveNames.Index}: it lists {file.Name} twice");
            if (!_entries.TryGetValue(file.Name, out var entry))
                throw new InvalidDataException($"{file.Name} is missing, although {ArchiveNames.Index} lists it");
            if (entry.Length != file.Size) throw new InvalidDataException($"{file.Name}: it has {entry.Length} bytes; {ArchiveNames.Index} says {file.Size}");
        }
        if (_entries.Keys.FirstOrDefault(name => !listed.Contains(name)) is { } other)
            throw new InvalidDataException($"{other} is not listed in {ArchiveNames.Index}");
    }

    private async Task CheckLossesAsync(ArchivedFile file, CancellationToken cancellation)
    {
        await using var stream = await _entries[file.Name].OpenAsync(cancellation);
        try
        {
            await foreach (var _ in LossLines.ReadAsync(stream, "", cancellation))
            {
                // Each row is checked as it is read.
            }
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException($"{file.Name}: {damage.Message}", damage);
        }
    }

    private async Task<byte[]> ReadAsync(ArchivedFile file, long max, CancellationToken cancellation)
    {
        if (file.Size > max) throw new InvalidDataException($"{file.Name}: it has {file.Size} bytes; the maximum is {max}");
        using var content = new MemoryStream((int)file.Size);
        await HashAsync(file, cancellation, content);
        return content.ToArray();
    }

    /// <summary>Reads a file and compares its size and, if it is known, its hash.</summary>
    private async Task HashAsync(ArchivedFile file, CancellationToken cancellation, Stream? copy = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, size) = (new byte[128 * 1024], 0L);
        try
        {
            await using var stream = await _entries[file.Name].OpenAsync(cancellation);
            while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                size += read;
                if (size > file.Size) break;
                hash.AppendData(buffer, 0, read);
                copy?.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException($"{file.Name}: it is damaged ({damage.Message.TrimEnd('.')})", damage);
        }
        if (size != file.Size) throw new InvalidDataException($"{file.Name}: it unpacks to {(size > file.Size ? "more" : "fewer")} than its {file.Size} bytes");
        var sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
        if (file.Sha256.Length > 0 && sha256 != file.Sha256)
            throw new InvalidDataException($"{file.Name}: it is damaged; its SHA-256 is {sha256}, and {ArchiveNames.Index} says {file.Sha256}");
    }

    // A number that is too large is read as infinity, which cannot be written.
    private static T Checked<T>(string file, T document)
    {
        try
        {
            JsonSerializer.SerializeToUtf8Bytes(document, Json.Document);
            return document;
        }
        catch (ArgumentException infinite)
        {
            throw new InvalidDataException($"{file}: a number in it is not finite", infinite);
        }
    }

    private static Manifest ManifestOf(string file, BinaryData document)
    {
        var manifest = Checked(file, Manifest.Read(file, document));
        if (manifest.Name != ArchiveNames.Stem(file)) throw new InvalidDataException($"{file}: it claims to be checkpoint {manifest.Name}");
        var (epoch, step, steps, threads) = (manifest.Epoch, manifest.Step, manifest.StepsPerEpoch, manifest.Threads);
        if (steps < 1 || epoch is < 1 or > TrainingOptions.MaxEpochs || step < 0 || step > steps)
            throw new InvalidDataException($"{file}: epoch {epoch}, step {step} of {steps} is not a position");
        if (threads is < 1 or > MaxThreads) throw new InvalidDataException($"{file}: threads is {threads}; it must be from 1 to {MaxThreads}");
        return manifest;
    }

    private static void CheckWhole(ExportedRun run, List<Manifest> checkpoints, Dictionary<string, long> blobs)
    {
        TrainingOptions options;
        try
        {
            options = run.Validated();
        }
        catch (Exception invalid) when (invalid is InvalidDataException or ArgumentException) // the latter, if an option is there twice
        {
            throw new InvalidDataException($"{ArchiveNames.Run}: {invalid.Message}", invalid);
        }
        var newest = checkpoints.Count > 0 ? checkpoints[^1] : null;
        if (run.Checkpoint != newest?.Name)
        {
            throw new InvalidDataException(
                $"{ArchiveNames.Run}: its checkpoint is {run.Checkpoint ?? "null"}, and the newest one is {newest?.Name ?? "missing"}");
        }
        List<string> initial = [.. new[] { options.InitFrom?.Generator, options.InitFrom?.Training }.OfType<string>()];
        if (newest is null && initial.Find(hash => !blobs.ContainsKey(hash)) is { } missing)
            throw new InvalidDataException($"{ArchiveNames.Blob(missing)}, which the run starts from, is missing");
        var needed = initial.ToHashSet();
        foreach (var manifest in checkpoints)
        {
            if (manifest.Run != run.Run) throw new InvalidDataException($"Checkpoint {manifest.Name} is of run '{manifest.Run}', not '{run.Run}'");
            if (manifest.StepsPerEpoch != newest!.StepsPerEpoch)
                throw new InvalidDataException($"Checkpoint {manifest.Name} has epochs of another length");
            foreach (var file in new[] { manifest.Generator, manifest.Training })
            {
                needed.Add(file.Sha256);
                // Of older checkpoints, a run may have dropped the training state, or the generator.
                var isThere = blobs.TryGetValue(file.Sha256, out var size);
                if (isThere ? size != file.Size : manifest == newest)
                {
                    var problem = isThere ? $"has {size} bytes instead of {file.Size}" : "is missing";
                    throw new InvalidDataException($"{ArchiveNames.Blob(file.Sha256)} of checkpoint {manifest.Name} {problem}");
                }
            }
        }
        if (blobs.Keys.FirstOrDefault(hash => !needed.Contains(hash)) is { } other)
            throw new InvalidDataException($"{ArchiveNames.Blob(other)} belongs to no checkpoint");
    }
}
