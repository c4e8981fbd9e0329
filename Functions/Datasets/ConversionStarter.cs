using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Functions.Claims;
using GanFunctions.Functions.ShortWork;

namespace GanFunctions.Functions.Datasets;

/// <summary>Starts the conversion of uploads: the blob <c>conversion.json</c> is the claim; then a queue message requests the work.</summary>
public sealed partial class ConversionStarter(
    ConversionStore conversions, UploadConversion conversion, ShortJobs queue, TimeProvider time, ILogger<ConversionStarter> logger)
    : ClaimedWork<Conversion, ShortJobs>
{
    private static readonly TimeSpan QueuedLimit = TimeSpan.FromMinutes(5);   // a conversion that waits for a worker reports nothing
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30); // a running conversion reports every second

    /// <summary>Starts the conversion of a staged upload, which replaces any earlier upload of that name. Cannot be cancelled.</summary>
    public async Task<Conversion> StartAsync(string name, string upload, ConversionRequest request)
    {
        var staged = new Conversion(name, upload, time.GetUtcNow()) { Request = request };
        var replaced = await conversions.ReplaceAsync(staged, CancellationToken.None);
        await ScheduleAsync(queue, staged);
        if (replaced is { Upload.Length: > 0 })
        {
            if (replaced.IsOpen) LogSuperseded(name, replaced.Upload, upload);
            await conversion.DropAsync(name, replaced.Upload);
        }
        await conversion.SweepAsync();
        return staged;
    }

    /// <summary>Requests a conversion again if its message was never sent or is lost.</summary>
    /// <returns>The conversion as it is now; null if it was removed.</returns>
    public Task<Conversion?> RecoverAsync(Conversion known, CancellationToken cancellation) => RecoverAsync(queue, known, cancellation);

    /// <inheritdoc/>
    public override async Task ScheduleAsync(ShortJobs scheduler, Conversion work)
    {
        await scheduler.AddAsync(new ShortJob(Convert: new StagedUpload(work.Name, work.Upload)));
        LogRequested(work.Name, work.Upload);
    }

    /// <inheritdoc/>
    protected override Task<string?> WhyAbandonedAsync(ShortJobs scheduler, Conversion known, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var isReported = known.State == ConversionState.Staged ? now - known.ClaimedAt < QueuedLimit : now - known.WrittenAt < SilenceLimit;
        return Task.FromResult(known.IsOpen && !isReported ? "it has reported no progress for too long" : null);
    }

    /// <inheritdoc/>
    protected override async Task<(Conversion? Now, bool IsOurs)> TryReclaimAsync(Conversion known, CancellationToken cancellation)
    {
        var isOurs = false;
        var now = await conversions.UpdateAsync(known.Name, known.Upload, each =>
        {
            isOurs = each.IsOpen && each.ClaimedAt == known.ClaimedAt;
            return isOurs ? each with { ClaimedAt = time.GetUtcNow() } : null;
        }, cancellation);
        return (now, isOurs);
    }

    /// <inheritdoc/>
    protected override void LogRecovering(Conversion work, string reason) => LogRecovering(work.Name, work.Upload, reason);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: requested the conversion of upload {Upload}")]
    private partial void LogRequested(string dataset, string upload);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {New} replaces upload {Old}, which is dropped")]
    private partial void LogSuperseded(string dataset, string old, string @new);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: requesting the conversion of upload {Upload} again, because {Reason}")]
    private partial void LogRecovering(string dataset, string upload, string reason);
}
