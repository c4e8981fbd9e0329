using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Runs;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Turns staged uploads into data sets. All that it does may be done twice, and by two workers at once: what is written is the same, and
/// the first commit wins. An upload that was replaced or removed is dropped, and what is left of it goes.
/// </summary>
public sealed partial class UploadConversion(
    BlobContainerClient container, DatasetOptions options, RunStore runs, TimeProvider time, ILogger<UploadConversion> logger)
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10); // a conversion that reports nothing is requested again
    private const int MaxStarts = 10; // at the same blob: then one of them is what ends the process

    private readonly ConversionStore _conversions = new(container);
    private readonly DatasetWriter _writer = new(container, time, logger);
    private readonly DatasetSweep _sweep = new(container, time, logger);

    /// <summary>Works on an upload for some minutes. A failed attempt is repeated by the next call, at most ten times without progress.</summary>
    /// <returns>True when there is nothing more to do: it is the data set now, it failed, or nobody wants it.</returns>
    public async Task<bool> ConvertAsync(string name, string upload, CancellationToken cancellation)
    {
        var conversion = await _conversions.UpdateAsync(
            name, upload, each => each.IsOpen ? each with { State = ConversionState.Converting, Starts = each.Starts + 1 } : null, cancellation);
        await using var heartbeat = new Timed(time, HeartbeatInterval, () => _conversions.UpdateAsync(name, upload, each => each.IsOpen ? each with { } : null, cancellation));
        try
        {
            if (conversion is { Starts: > MaxStarts }) throw Hopeless(conversion);
            if (conversion is { IsOpen: true } && !await SaveAsync(conversion, cancellation)) return false;
            await _conversions.UpdateAsync(
                name, upload, each => each.IsOpen ? each with { State = ConversionState.Ready, Done = each.Total } : null, cancellation);
        }
        catch (Exception refusal) when (refusal is UploadRefusedException or IdxFormatException)
        {
            await FailAsync(name, upload, refusal.Message, cancellation);
        }
        catch (SupersededException)
        {
            LogDropped(name, upload);
        }
        catch (RequestFailedException gone) when (gone.Status == (int)HttpStatusCode.NotFound)
        {
            if (await _conversions.FindAsync(name, cancellation) is { IsOpen: true } open && open.Upload == upload) throw;
            LogDropped(name, upload); // somebody else finished it, and removed what this worker was reading
        }
        await DropAsync(name, upload);
        return true;
    }

    private static UploadRefusedException Hopeless(Conversion conversion) => new(
        "the upload", $"it was begun {MaxStarts} times after file {conversion.Committed} of {conversion.Total}, and no worker got further; the log says why",
        "an upload without the file that does that");

    /// <summary>Gives an upload up: says why, and removes it. The data set of that name stays, if there is one.</summary>
    private async Task FailAsync(string name, string upload, string error, CancellationToken cancellation)
    {
        LogFailed(name, error);
        await _conversions.UpdateAsync(
            name, upload, each => each.IsOpen ? each with { State = ConversionState.Failed, Error = error } : null, cancellation);
        await DropAsync(name, upload);
    }

    /// <summary>Removes what an upload leaves once nobody works on it any more: all that does not belong to a data set.</summary>
    public async Task DropAsync(string name, string upload)
    {
        // Removed while it was stored: what the user removed stays removed.
        if (await _conversions.FindAsync(name, CancellationToken.None) is null) await _writer.DeleteAsync(name, CancellationToken.None, convertedFrom: upload);
        await _sweep.SweepAsync(name, leftBehind: folder => folder == upload);
    }

    /// <summary>Removes what uploads left that were cut off more than a day ago.</summary>
    public Task SweepAsync() => _sweep.SweepAllAsync();

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {Upload} was replaced, removed or finished elsewhere, and is dropped")]
    private partial void LogDropped(string dataset, string upload);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: its upload cannot be used. {Error}")]
    private partial void LogFailed(string dataset, string error);

    /// <summary>Another upload came, or the data set was removed.</summary>
    private sealed class SupersededException : Exception;
}
