using System.Net;
using System.Net.Http.Headers;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Network;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Downloads uploads from addresses that users give, a few minutes at a time. Blocks that are already stored are not downloaded again.</summary>
/// <param name="container">The container with <c>datasets/</c>.</param>
/// <param name="options">The size limit and the timeouts.</param>
/// <param name="http">A client with a handler from <see cref="CreateHandler"/>.</param>
/// <param name="time">Measures time limits.</param>
public sealed class SourceDownload(BlobContainerClient container, DatasetOptions options, HttpClient http, TimeProvider time)
{
    private const int BlockBytes = 8 << 20;
    private const int Attempts = 4; // within one call

    /// <summary>Downloads a file.</summary>
    /// <returns>False if <paramref name="limit"/> was reached before the end; the next call continues.</returns>
    /// <exception cref="UploadRefusedException">The source is unavailable or too large, or the download is too slow or cannot be resumed.</exception>
    internal async Task<bool> DownloadAsync(string name, string upload, Uri source, TimeSpan limit, CancellationToken cancellation)
    {
        var (raw, begun) = (container.RawBlob(name, upload), time.GetTimestamp());
        if (await raw.ExistsAsync(cancellation)) return true;
        for (var attempt = 1; ; attempt++)
        {
            using var timeLimit = new CancellationTokenSource(options.AnswerTimeout, time);
            using var link = cancellation.UnsafeRegister(static each => ((CancellationTokenSource)each!).Cancel(), timeLimit);
            try
            {
                return await ContinueAsync(raw, source, () => time.GetElapsedTime(begun) > limit, timeLimit);
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                var problem = cut is OperationCanceledException ? "no response in time" : cut.Message.TrimEnd('.');
                if (attempt == Attempts)
                    throw new UploadRefusedException(Shown(source), $"it cannot be downloaded ({problem})", "an address that can be downloaded", cut);
                await Task.Delay(TimeSpan.FromSeconds(attempt), time, cancellation);
            }
        }
    }

    private async Task<bool> ContinueAsync(BlockBlobClient raw, Uri source, Func<bool> isTimeUp, CancellationTokenSource timeLimit)
    {
        var staged = await UploadBlocks.StagedAsync(raw, timeLimit.Token);
        var (blocks, offset) = (0, 0L);
        while (staged.TryGetValue(UploadBlocks.IdOf(blocks), out var size)) (blocks, offset) = (blocks + 1, offset + size);

        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeLimit.Token);
        var isRepeated = offset > 0 && answer.StatusCode == HttpStatusCode.OK; // the server does not support range requests: start over
        if (isRepeated) (blocks, offset) = (0, 0);
        if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable))
        {
            throw new UploadRefusedException(
                Shown(source), $"the server answers {(int)answer.StatusCode}", "200, as for a public file or an address with a shared access signature");
        }

        if (answer.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable) // the response if everything is already stored
        {
            if (offset + answer.Content.Headers.ContentLength > options.MaxUploadBytes) throw TooLarge(source);
            await using var stream = await answer.Content.ReadAsStreamAsync(timeLimit.Token);
            // Only whole blocks are stored before the end, so that a block has the same place in the file in every attempt.
            var (block, first, read) = (new byte[BlockBytes], blocks, BlockBytes);
            while (read == BlockBytes)
            {
                read = await FillAsync(block, stream, isTimeUp, timeLimit);
                if (read < BlockBytes && isTimeUp()) return blocks > first && !isRepeated ? false : throw TooSlow(source);
                if (read == 0) break;
                offset += read;
                if (offset > options.MaxUploadBytes) throw TooLarge(source);
                using var content = new MemoryStream(block, 0, read);
                await raw.StageBlockAsync(UploadBlocks.IdOf(blocks++), content, cancellationToken: timeLimit.Token);
            }
        }
        await raw.CommitBlockListAsync(Enumerable.Range(0, blocks).Select(UploadBlocks.IdOf), cancellationToken: timeLimit.Token);
        return true;
    }

    /// <summary>Reads a block, or less at the end of the stream or when time is up.</summary>
    private async Task<int> FillAsync(byte[] block, Stream stream, Func<bool> isTimeUp, CancellationTokenSource timeLimit)
    {
        var read = 0;
        while (read < block.Length && !isTimeUp())
        {
            timeLimit.CancelAfter(options.StallTimeout);
            var count = await stream.ReadAsync(block.AsMemory(read), timeLimit.Token);
            if (count == 0) break;
            read += count;
        }
        timeLimit.CancelAfter(Timeout.InfiniteTimeSpan); // what follows waits for the storage, not for the source
        return read;
    }

    private UploadRefusedException TooLarge(Uri source) =>
        new(Shown(source), "it is too large", $"at most {options.MaxUploadBytes} bytes (limit MaxUploadBytes)");

    private static UploadRefusedException TooSlow(Uri source) => new(
        Shown(source), "the download was not complete in time, and it is too slow or the server cannot resume it", "a server that supports range requests");

    private static string Shown(Uri source) => source.GetLeftPart(UriPartial.Path); // the query may hold a signature

    /// <summary>A handler that refuses addresses in private networks, including those of redirects.</summary>
    /// <param name="options">Whether private addresses are allowed.</param>
    public static SocketsHttpHandler CreateHandler(DatasetOptions options) =>
        PublicNetwork.CreateHandler(options.AllowPrivateSources, nameof(DatasetOptions.AllowPrivateSources), maxRedirections: 3);
}
