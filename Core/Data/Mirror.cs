using GanFunctions.Core.Storage;


namespace GanFunctions.Core.Data;

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
