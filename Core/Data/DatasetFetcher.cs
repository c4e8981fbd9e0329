using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Gets known data sets from a folder of this machine, else from mirrors.</summary>
internal sealed class DatasetFetcher(HttpClient http, DatasetOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>The last piece of every advice.</summary>
    public const string OrDigits = "or use 'digits', which is built in";

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
        tried.Count == 0 ? ["nothing, because neither a folder nor a mirror is configured"] : tried,
        $"{known.Advice}; {OrDigits}");
}

/// <summary>A folder of the web with the files of a known data set.</summary>
internal sealed class Mirror(Uri folder, HttpClient http, DatasetOptions options, TimeProvider time)
{
    public Uri Folder => folder;

    /// <summary>Asks for the first bytes of a file.</summary>
    /// <returns>What is wrong, or null if the mirror seems to have the file.</returns>
    public Task<string?> ProbeAsync(KnownFile file, CancellationToken cancellation) =>
        WordsOfFailureAsync(file, options.ProbeTimeout, async patience =>
        {
            using var response = await AskAsync(file, patience.Token);
            var stream = await OpenAsync(response, patience.Token);
            var start = new byte[2];
            await stream.ReadAtLeastAsync(start, 2, throwOnEndOfStream: false, patience.Token);
            // What a captive portal or a parked domain answers is a page. Some servers have the client unpack .gz files on the way.
            if (start is not ([0x1f, 0x8b] or [0, 0])) throw new InvalidDataException("it answered with something that is no gzip file");
        }, cancellation);

    /// <summary>Downloads a file and checks that it is the published one.</summary>
    /// <returns>What is wrong, or null if <paramref name="accept"/> was called.</returns>
    public Task<string?> DownloadAsync(KnownFile file, Action<IdxArray> accept, CancellationToken cancellation) =>
        WordsOfFailureAsync(file, options.AnswerTimeout, async patience =>
        {
            var start = time.GetTimestamp();
            using var response = await AskAsync(file, patience.Token);
            var stream = await OpenAsync(response, patience.Token);
            using var content = await BoundedRead.AllAsync(stream, file.MostBytes, Progress, patience.Token)
                ?? throw new InvalidDataException($"it sent more than {file.MostBytes} bytes");
            accept(await file.ReadAsync(content, cancellation));

            void Progress()
            {
                if (time.GetElapsedTime(start) > options.FileTimeout)
                    throw new TimeoutException($"it was not done after {options.FileTimeout.TotalSeconds} s");
                patience.CancelAfter(options.StallTimeout);
            }
        }, cancellation);

    private Uri AddressOf(KnownFile file) => new(folder.AbsoluteUri.TrimEnd('/') + '/' + file.GzipName);

    private Task<HttpResponseMessage> AskAsync(KnownFile file, CancellationToken cancellation) =>
        http.GetAsync(AddressOf(file), HttpCompletionOption.ResponseHeadersRead, cancellation);

    private static async Task<Stream> OpenAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        response.IsSuccessStatusCode
        ? await response.Content.ReadAsStreamAsync(cancellation)
        : throw new InvalidDataException($"it answered {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());

    private async Task<string?> WordsOfFailureAsync(
        KnownFile file, TimeSpan timeout, Func<CancellationTokenSource, Task> attempt, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var link = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), patience);
        try
        {
            await attempt(patience);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"{AddressOf(file)}: it did not answer in time";
        }
        catch (Exception failure) when (failure
            is HttpRequestException or IOException or InvalidDataException or IdxFormatException or TimeoutException)
        {
            return $"{AddressOf(file)}: {failure.Message.TrimEnd('.')}";
        }
    }
}
