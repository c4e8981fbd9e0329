using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Uploads that are larger than one request can carry: sent in blocks over several requests, or downloaded from an address. The content is stored as it
/// is and packed as a zip archive when it is complete.
/// </summary>
/// <param name="container">The container with <c>datasets/</c>.</param>
/// <param name="options">The size limits and time-outs.</param>
/// <param name="http">A client from <see cref="CreateHandler"/>.</param>
/// <param name="time">Measures time limits.</param>
public sealed class RawUpload(BlobContainerClient container, DatasetOptions options, HttpClient http, TimeProvider time)
{
    /// <summary>Maximum number of blocks.</summary>
    public const int MaxBlocks = 10_000;

    private const int BlockBytes = 8 << 20;
    private const int Attempts = 4;

    /// <summary>Stores one block. A block may be sent again; the last one counts.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload's id.</param>
    /// <param name="index">Position of the block, from 0.</param>
    /// <param name="body">The content.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="UploadTooLargeException">The block exceeds <see cref="DatasetOptions.MaxBlockBytes"/>.</exception>
    public async Task StageBlockAsync(string name, string upload, int index, Stream body, CancellationToken cancellation)
    {
        using var content = await Storage.BoundedRead.AllAsync(body, options.MaxBlockBytes, cancellation: cancellation)
            ?? throw new UploadTooLargeException(options.MaxBlockBytes, nameof(DatasetOptions.MaxBlockBytes));
        await container.RawBlob(name, upload).StageBlockAsync(IdOf(index), content, cancellationToken: cancellation);
    }

    /// <summary>Completes an upload in blocks.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload's id.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">Blocks are missing, or there are more.</exception>
    /// <exception cref="UploadTooLargeException">The blocks together exceed <see cref="DatasetOptions.MaxUploadBytes"/>.</exception>
    public async Task CompleteAsync(string name, string upload, int blocks, CancellationToken cancellation)
    {
        var raw = container.RawBlob(name, upload);
        var staged = await StagedAsync(raw, cancellation);
        List<int> missing = [.. Enumerable.Range(0, blocks).Where(index => !staged.ContainsKey(IdOf(index)))];
        if (missing.Count > 0) throw new InvalidDataException($"it lacks {missing.Count} of {blocks} blocks, the first of them block {missing[0]}");
        if (staged.Count > blocks) throw new InvalidDataException($"{staged.Count} blocks were sent, and {blocks} were announced");
        if (staged.Values.Sum() > options.MaxUploadBytes) throw new UploadTooLargeException(options.MaxUploadBytes);
        await raw.CommitBlockListAsync(Enumerable.Range(0, blocks).Select(IdOf), cancellationToken: cancellation);
    }

    /// <summary>Downloads an upload from its source. What is stored of it is not downloaded again.</summary>
    /// <returns>False if the time was up before the end.</returns>
    /// <exception cref="UploadRefusedException">The source is unavailable or too large.</exception>
    internal async Task<bool> DownloadAsync(string name, string upload, Uri source, TimeSpan limit, CancellationToken cancellation)
    {
        var (raw, begun) = (container.RawBlob(name, upload), time.GetTimestamp());
        if (await raw.ExistsAsync(cancellation)) return true;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ContinueAsync(raw, source, begun, limit, cancellation);
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
            {
                var problem = $"it cannot be downloaded ({cut.Message.TrimEnd('.')})";
                if (attempt == Attempts) throw new UploadRefusedException(Shown(source), problem, "an address that can be read", cut);
                await Task.Delay(TimeSpan.FromSeconds(attempt), time, cancellation);
            }
        }
    }

    /// <summary>Packs a complete upload as a zip archive, unless that was done. Does nothing if there is none.</summary>
    /// <exception cref="UploadRefusedException">The format is not supported, or the content is damaged or too large.</exception>
    internal async Task PackAsync(string name, string upload, CancellationToken cancellation)
    {
        var (raw, packed) = (container.RawBlob(name, upload), container.StagedBlob(name, upload));
        if (await packed.ExistsAsync(cancellation) || !await raw.ExistsAsync(cancellation)) return;
        try
        {
            await using var stream = await raw.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);
            await UploadStaging.WriteAsync(
                packed, (target, token) => UploadPacking.PackAsync(PipeReader.Create(stream), target, token), options.MaxUploadBytes, cancellation);
        }
        catch (InvalidDataException damage)
        {
            throw new UploadRefusedException("the upload", damage.Message.TrimEnd('.'), "an archive of pictures, IDX, CSV or Parquet files", damage);
        }
        catch (UploadTooLargeException large)
        {
            throw new UploadRefusedException("the upload", "it is too large when unpacked", large.Message.TrimEnd('.'), large);
        }
    }

    private async Task<bool> ContinueAsync(BlockBlobClient raw, Uri source, long begun, TimeSpan limit, CancellationToken cancellation)
    {
        var staged = await StagedAsync(raw, cancellation);
        var (blocks, offset) = (0, 0L);
        while (staged.TryGetValue(IdOf(blocks), out var size)) (blocks, offset) = (blocks + 1, offset + size);

        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer.StatusCode == HttpStatusCode.OK) (blocks, offset) = (0, 0); // the server does not continue: from the beginning
        else if (answer.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable))
            throw Refused(source, answer.StatusCode);

        if (answer.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable) // that is the answer if nothing is left
        {
            if (offset + answer.Content.Headers.ContentLength > options.MaxUploadBytes) throw TooLarge(source);
            await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
            var block = new byte[BlockBytes];
            while (await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellation) is var read and > 0)
            {
                using var content = new MemoryStream(block, 0, read);
                await raw.StageBlockAsync(IdOf(blocks++), content, cancellationToken: cancellation);
                offset += read;
                if (offset > options.MaxUploadBytes) throw TooLarge(source);
                if (time.GetElapsedTime(begun) > limit) return false;
            }
        }
        await raw.CommitBlockListAsync(Enumerable.Range(0, blocks).Select(IdOf), cancellationToken: cancellation);
        return true;
    }

    private static async Task<Dictionary<string, long>> StagedAsync(BlockBlobClient raw, CancellationToken cancellation)
    {
        try
        {
            var list = await raw.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellation);
            return list.Value.UncommittedBlocks.ToDictionary(block => block.Name, block => block.SizeLong);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    private static string IdOf(int index) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{index:D6}")); // all ids of a blob have the same length

    private UploadRefusedException TooLarge(Uri source) =>
        new(Shown(source), "it is too large", $"at most {options.MaxUploadBytes} bytes (limit MaxUploadBytes)");

    private static UploadRefusedException Refused(Uri source, HttpStatusCode status) =>
        new(Shown(source), $"the server answers {(int)status}", "200, as for a public file or an address with a shared access signature");

    private static string Shown(Uri source) => source.GetLeftPart(UriPartial.Path); // the query may hold a signature

    /// <summary>A handler for downloads from addresses that users name. It refuses addresses in private networks, also after redirects.</summary>
    /// <param name="options">Whether private addresses are allowed.</param>
    public static SocketsHttpHandler CreateHandler(DatasetOptions options) => new()
    {
        MaxAutomaticRedirections = 3,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        UseProxy = false, // it would connect in our place
        UseCookies = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
            var allowed = options.AllowPrivateSources ? addresses : [.. addresses.Where(IsPublic)];
            if (allowed.Length == 0)
                throw new HttpRequestException($"{context.DnsEndPoint.Host} is in a private network (limit AllowPrivateSources)");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    // RFC 6890 and RFC 4193: networks that the internet does not route, and those of the machine itself.
    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/96", "168.63.129.16/32",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    internal static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Array.Exists(Private, network => network.Contains(plain));
    }
}
