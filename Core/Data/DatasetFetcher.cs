using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Gets known data sets from a folder of this machine, else from mirrors.</summary>
internal sealed class DatasetFetcher(HttpClient http, DatasetOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>The last piece of every advice.</summary>
    public const string OrDigits = "or use 'digits', which is built in and always works";

    /// <summary>Finds out, within the time for a probe, whether a data set can probably be had, without fetching it.</summary>
    /// <exception cref="DatasetUnavailableException">It cannot.</exception>
    public async Task ProbeAsync(KnownDataset known, CancellationToken cancellation)
    {
        if (known.Folder is { } folder && known.Files.All(file => File.Exists(Path.Combine(folder, file.GzipName)))) return;

        var largest = known.Files.MaxBy(file => file.Bytes)!;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var probes = MirrorsOf(known).Select(mirror => mirror.ProbeAsync(largest, enough.Token)).ToList();
        await foreach (var probe in Task.WhenEach(probes).WithCancellation(cancellation))
        {
            if (await probe is not null) continue;
            await enough.CancelAsync();
            return;
        }
        List<string> tried = [.. FolderInWords(known)];
        foreach (var probe in probes) tried.Add((await probe)!);
        throw Unavailable(known, tried);
    }

    /// <summary>Fetches a data set and checks every file of it. What one mirror has given is not asked of the next.</summary>
    /// <exception cref="DatasetUnavailableException">No source has it, or what they have is not it.</exception>
    public async Task<Dictionary<IdxPart, IdxArray>> FetchAsync(KnownDataset known, CancellationToken cancellation)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        List<string> tried = [];

        if (known.Folder is { } folder && Directory.Exists(folder))
            tried.AddRange(await ReadFolderAsync(known, folder, parts, cancellation));
        else
            tried.AddRange(FolderInWords(known));

        foreach (var mirror in MirrorsOf(known))
        {
            if (parts.Count == known.Files.Count) break;
            if (await DownloadAsync(known, mirror, parts, cancellation) is not { } failure) continue;
            logger.NotThere(known.Name, failure);
            tried.Add(failure);
        }
        return parts.Count == known.Files.Count ? parts : throw Unavailable(known, tried);
    }

    private async Task<List<string>> ReadFolderAsync(
        KnownDataset known, string folder, Dictionary<IdxPart, IdxArray> parts, CancellationToken cancellation)
    {
        List<string> failures = [];
        foreach (var file in known.Files)
        {
            var path = Path.Combine(folder, file.GzipName);
            try
            {
                await using var stream = File.OpenRead(path);
                parts[file.Part] = await file.ReadAsync(stream, cancellation);
                logger.Fetched(known.Name, file.Part, path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or IdxFormatException)
            {
                failures.Add($"{path}: {failure.Message.TrimEnd('.')}");
                logger.NotThere(known.Name, failures[^1]);
            }
        }
        return failures;
    }

    private async Task<string?> DownloadAsync(
        KnownDataset known, Mirror mirror, Dictionary<IdxPart, IdxArray> parts, CancellationToken cancellation)
    {
        // The small files first: a mirror that is not there costs little.
        foreach (var file in known.Files.Where(file => !parts.ContainsKey(file.Part)).OrderBy(file => file.Bytes))
        {
            var failure = await mirror.DownloadAsync(file, array => parts[file.Part] = array, cancellation);
            if (failure is not null) return failure;
            logger.Fetched(known.Name, file.Part, mirror.Folder);
        }
        return null;
    }

    private IEnumerable<Mirror> MirrorsOf(KnownDataset known) => known.Mirrors.Select(folder => new Mirror(folder, http, options, time));

    private static IEnumerable<string> FolderInWords(KnownDataset known) =>
        known.Folder is null ? [] : [$"{known.Folder}: the files are not there"];

    private static DatasetUnavailableException Unavailable(KnownDataset known, List<string> tried) => new(
        known.Name,
        tried.Count == 0 ? ["nothing, since neither a folder nor a mirror is set"] : tried,
        $"{known.Advice}; {OrDigits}");
}
