using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// Ties an upload to its orchestration: the blob <c>conversion.json</c> is the claim, then the orchestration is scheduled under the fresh
/// instance id that the blob names. What a crash leaves between the two is taken up again by <see cref="RecoverAsync"/>.
/// </summary>
public sealed partial class ConversionStarter(
    ConversionStore conversions, UploadConversion conversion, TimeProvider time, ILogger<ConversionStarter> logger)
{
    /// <summary>A claim without an orchestration is taken over after this long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Has a staged upload converted, in place of whatever was uploaded under that name before. Not to be cut short.</summary>
    public async Task<Conversion> StartAsync(DurableTaskClient client, string name, string upload, int? size, int? channels)
    {
        var staged = new Conversion(name, upload, Guid.NewGuid().ToString("N"), time.GetUtcNow(), size, channels);
        var replaced = await conversions.ReplaceAsync(staged, CancellationToken.None);
        await ScheduleAsync(client, staged);
        if (replaced is { Upload.Length: > 0 })
        {
            if (replaced.IsOpen) LogSuperseded(name, replaced.Upload, upload);
            await conversion.DropAsync(name, replaced.Upload);
            if (await client.GetInstanceAsync(replaced.InstanceId) is { IsCompleted: true }) await client.PurgeInstanceAsync(replaced.InstanceId);
        }
        await conversion.SweepAsync();
        return staged;
    }

    /// <summary>
    /// Schedules a conversion anew whose orchestration was never scheduled, or is gone, half a minute after it was claimed.
    /// </summary>
    /// <returns>The conversion as it is now; null when it was removed meanwhile.</returns>
    public async Task<Conversion?> RecoverAsync(DurableTaskClient client, Conversion known, CancellationToken cancellation)
    {
        if (!known.IsOpen || time.GetUtcNow() - known.ClaimedAt < Grace) return known;
        if (await client.GetInstanceAsync(known.InstanceId, cancellation) is { IsCompleted: false }) return known;

        var instanceId = Guid.NewGuid().ToString("N");
        var taken = await conversions.UpdateAsync(known.Name, known.Upload, each => each.IsOpen && each.InstanceId == known.InstanceId
            ? each with { InstanceId = instanceId, ClaimedAt = time.GetUtcNow() }
            : null, cancellation);
        if (taken?.InstanceId != instanceId) return taken;
        LogTakenUp(known.Name, known.InstanceId);
        await ScheduleAsync(client, taken);
        return taken;
    }

    private async Task ScheduleAsync(DurableTaskClient client, Conversion staged)
    {
        await client.ScheduleNewOrchestrationInstanceAsync(nameof(ConvertDataset), new StagedUpload(staged.Name, staged.Upload),
            new StartOrchestrationOptions(staged.InstanceId), CancellationToken.None);
        LogScheduled(staged.Name, staged.Upload, staged.InstanceId);
    }

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {Upload} is converted by {InstanceId}")]
    private partial void LogScheduled(string dataset, string upload, string instanceId);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: upload {Old} is dropped, since {New} came after it")]
    private partial void LogSuperseded(string dataset, string old, string @new);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: its conversion {InstanceId} was never scheduled or is gone; it is taken up again")]
    private partial void LogTakenUp(string dataset, string instanceId);
}
