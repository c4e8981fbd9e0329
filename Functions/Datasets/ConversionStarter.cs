using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Functions.ShortWork;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// Has uploads converted: the blob <c>conversion.json</c> is the claim, then a message asks for the work. What a crash leaves between the two is
/// taken up again by <see cref="RecoverAsync"/>.
/// </summary>
public sealed partial class ConversionStarter(
    ConversionStore conversions, UploadConversion conversion, ShortJobs queue, TimeProvider time, ILogger<ConversionStarter> logger)
{
    // After which a conversion is requested again: one that waits for a worker is silent, one that is under way reports every second.
    private static readonly TimeSpan WaitingGrace = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WorkingGrace = TimeSpan.FromSeconds(30);

    /// <summary>Has a staged upload converted, in place of whatever was uploaded under that name before. Not to be cut short.</summary>
    public async Task<Conversion> StartAsync(string name, string upload, int? size, int? channels)
    {
        var staged = new Conversion(name, upload, time.GetUtcNow(), size, channels);
        var replaced = await conversions.ReplaceAsync(staged, CancellationToken.None);
        await AskAsync(staged);
        if (replaced is { Upload.Length: > 0 })
        {
            if (replaced.IsOpen) LogSuperseded(name, replaced.Upload, upload);
            await conversion.DropAsync(name, replaced.Upload);
        }
        await conversion.SweepAsync();
        return staged;
    }

    /// <summary>Asks again for a conversion whose message was never sent, or is gone.</summary>
    /// <returns>The conversion as it is now; null when it was removed meanwhile.</returns>
    public async Task<Conversion?> RecoverAsync(Conversion known, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var isHeardOf = known.State == ConversionState.Staged ? now - known.ClaimedAt < WaitingGrace : now - known.WrittenAt < WorkingGrace;
        if (!known.IsOpen || isHeardOf) return known;

        var asked = false;
        var taken = await conversions.UpdateAsync(known.Name, known.Upload, each =>
        {
            asked = each.IsOpen && each.ClaimedAt == known.ClaimedAt;
            return asked ? each with { ClaimedAt = now } : null;
        }, cancellation);
        if (taken is null || !asked) return taken;
        LogTakenUp(known.Name, known.Upload);
        await AskAsync(taken);
        return taken;
    }

    private async Task AskAsync(Conversion staged)
    {
        await queue.AddAsync(new ShortJob(Convert: new StagedUpload(staged.Name, staged.Upload)));
        LogAsked(staged.Name, staged.Upload);
    }

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: conversion of upload {Upload} requested")]
    private partial void LogAsked(string dataset, string upload);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {Old} is replaced by {New} and dropped")]
    private partial void LogSuperseded(string dataset, string old, string @new);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: the conversion of {Upload} has reported nothing for too long; requesting it again")]
    private partial void LogTakenUp(string dataset, string upload);
}
