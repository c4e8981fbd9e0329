using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Loads known data sets from a local folder or downloads them from mirrors.</summary>
internal sealed class DatasetFetcher(HttpClient http, DatasetOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>The end of every <see cref="DatasetUnavailableException.Advice"/>.</summary>
    public const string OrDigits = "or use 'digits', which is built in";

    /// <summary>Checks within the probe timeout whether a data set is probably available, without downloading it.</summary>
    /// <exception cref="DatasetUnavailableException">No source seems to have it.</exception>
    public async Task ProbeAsync(KnownDataset known, CancellationToken cancellation)
    {
        if (known.Folder is { } folder && known.Files.All(file => File.Exists(Path.Combine(folder, file.GzipName)))) return;

        var largest = known.Files.MaxBy(file => file.Bytes)!;
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var probes = MirrorsOf(known).Select(mirror => mirror.ProbeAsync(largest, others.Token)).ToList();
        await foreach (var probe in Task.WhenEach(probes).WithCancellation(cancellation))
        {
            if (await probe is not null) continue;
            await others.CancelAsync();
            return;
        }
        List<string> tried = [.. MissingFolder(known)];
        foreach (var probe in probes) tried.Add((await probe)!);
        throw Unavailable(known, tried);
    }

    /// <summary>Loads a data set and verifies each file. A file that one source has provided is not requested from the next.</summary>
    /// <exception cref="DatasetUnavailableException">The sources do not have all files, or have files with a different content.</exception>
    public async Task<Dictionary<IdxPart, IdxArray>> FetchAsync(KnownDataset known, CancellationToken cancellation)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        List<string> tried = [];

        if (known.Folder is { } folder && Directory.Exists(folder))
            tried.AddRange(await ReadFolderAsync(known, folder, parts, cancellation));
        else
            tried.AddRange(MissingFolder(known));

        foreach (var mirror in MirrorsOf(known))
        {
            if (parts.Count == known.Files.Count) break;
            if (await DownloadAsync(known, mirror, parts, cancellation) is not { } failure) continue;
            logger.SourceFailed(known.Name, failure);
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
                logger.SourceFailed(known.Name, failures[^1]);
            }
        }
        return failures;
    }

    private async Task<string?> DownloadAsync(
        KnownDataset known, Mirror mirror, Dictionary<IdxPart, IdxArray> parts, CancellationToken cancellation)
    {
        // The small files first, so that an unavailable mirror costs little time.
        foreach (var file in known.Files.Where(file => !parts.ContainsKey(file.Part)).OrderBy(file => file.Bytes))
        {
            var failure = await mirror.DownloadAsync(file, array => parts[file.Part] = array, cancellation);
            if (failure is not null) return failure;
            logger.Fetched(known.Name, file.Part, mirror.Folder);
        }
        return null;
    }

    private IEnumerable<Mirror> MirrorsOf(KnownDataset known) => known.Mirrors.Select(folder => new Mirror(folder, http, options, time));

    private static IEnumerable<string> MissingFolder(KnownDataset known) =>
        known.Folder is null ? [] : [$"{known.Folder}: it does not contain the files"];

    private static DatasetUnavailableException Unavailable(KnownDataset known, List<string> tried) => new(
        known.Name,
        tried.Count == 0 ? ["no source, because neither a folder nor a mirror is configured"] : tried,
        $"{known.Advice}; {OrDigits}");
}

/// <summary>A website with the files of a known data set.</summary>
internal sealed class Mirror(Uri folder, HttpClient http, DatasetOptions options, TimeProvider time)
{
    public Uri Folder => folder;

    /// <summary>Requests the first bytes of a file.</summary>
    /// <returns>The problem; null if the mirror seems to have the file.</returns>
    public Task<string?> ProbeAsync(KnownFile file, CancellationToken cancellation) =>
        FindProblemAsync(file, options.ProbeTimeout, async timeLimit =>
        {
            using var response = await GetAsync(file, timeLimit.Token);
            var stream = await OpenAsync(response, timeLimit.Token);
            var start = new byte[2];
            await stream.ReadAtLeastAsync(start, 2, throwOnEndOfStream: false, timeLimit.Token);
            // Captive portals and parked domains respond with a page. An uncompressed IDX file starts with two zero bytes: some servers declare
            // gzip as the content encoding, and the client then decompresses the file.
            if (start is not ([0x1f, 0x8b] or [0, 0])) throw new InvalidDataException("the response is not a gzip file");
        }, cancellation);

    /// <summary>Downloads a file and verifies that it is the published one.</summary>
    /// <returns>The problem; null if <paramref name="accept"/> was called.</returns>
    public Task<string?> DownloadAsync(KnownFile file, Action<IdxArray> accept, CancellationToken cancellation) =>
        FindProblemAsync(file, options.AnswerTimeout, async timeLimit =>
        {
            var start = time.GetTimestamp();
            using var response = await GetAsync(file, timeLimit.Token);
            var stream = await OpenAsync(response, timeLimit.Token);
            using var content = await BoundedRead.AllAsync(stream, file.MaxBytes, Progress, timeLimit.Token)
                ?? throw new InvalidDataException($"the response has more than {file.MaxBytes} bytes");
            accept(await file.ReadAsync(content, cancellation));

            void Progress()
            {
                if (time.GetElapsedTime(start) > options.FileTimeout)
                    throw new TimeoutException($"the download was not complete after {options.FileTimeout.TotalSeconds} s");
                timeLimit.CancelAfter(options.StallTimeout);
            }
        }, cancellation);

    private Uri AddressOf(KnownFile file) => new(folder.AbsoluteUri.TrimEnd('/') + '/' + file.GzipName);

    private Task<HttpResponseMessage> GetAsync(KnownFile file, CancellationToken cancellation) =>
        http.GetAsync(AddressOf(file), HttpCompletionOption.ResponseHeadersRead, cancellation);

    private static async Task<Stream> OpenAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        response.IsSuccessStatusCode
        ? await response.Content.ReadAsStreamAsync(cancellation)
        : throw new InvalidDataException($"the response is {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());

    private async Task<string?> FindProblemAsync(
        KnownFile file, TimeSpan timeout, Func<CancellationTokenSource, Task> attempt, CancellationToken cancellation)
    {
        using var timeLimit = new CancellationTokenSource(timeout, time);
        using var link = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), timeLimit);
        try
        {
            await attempt(timeLimit);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"{AddressOf(file)}: no response in time";
        }
        catch (Exception failure) when (failure
            is HttpRequestException or IOException or InvalidDataException or IdxFormatException or TimeoutException)
        {
            return $"{AddressOf(file)}: {failure.Message.TrimEnd('.')}";
        }
    }
}
