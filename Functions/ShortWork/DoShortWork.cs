using System.Text.Json;
using Azure.Storage.Queues;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Notices;
using GanFunctions.Storage;

namespace GanFunctions.Functions.ShortWork;

/// <summary>A run to prepare: its data set is stored while it waits for a free worker.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration that the run must still belong to.</param>
public sealed record Preparation(string Run, string InstanceId);

/// <summary>An upload to convert to a data set.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">The upload's id.</param>
public sealed record StagedUpload(string Name, string Upload);

/// <summary>A projection to compute.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Projection">The projection's id.</param>
public sealed record PendingProjection(string Run, string Projection);

/// <summary>A message of the queue. One of its properties is set.</summary>
/// <param name="Prepare">A run to prepare.</param>
/// <param name="Convert">An upload to convert.</param>
/// <param name="Notify">A notice to send.</param>
/// <param name="Track">A run to bring up to date in an experiment tracker.</param>
/// <param name="Project">A projection to compute.</param>
public sealed record ShortJob(
    Preparation? Prepare = null, StagedUpload? Convert = null, PendingNotice? Notify = null, TrackedRun? Track = null, PendingProjection? Project = null);

/// <summary>
/// Work that must not wait behind training. A worker runs one activity at a time, usually a slice of some run, so this work has a queue of its own.
/// Every job is idempotent and resumes where an earlier attempt stopped.
/// </summary>
public sealed partial class DoShortWork(
    RunLifecycle lifecycle, UploadConversion conversion, NoticeDelivery notices, Tracking tracking, ProjectionJob projections, ShortJobs queue,
    ILogger<DoShortWork> logger)
{
    private static readonly TimeSpan NextProjection = TimeSpan.FromSeconds(3); // until then this worker is busy with another one

    [Function(nameof(DoShortWork))]
    public async Task RunAsync([QueueTrigger(ShortJobs.Name)] ShortJob job, CancellationToken stopping)
    {
        if (job.Convert is { } staged && !await conversion.ConvertAsync(staged.Name, staged.Upload, stopping)) await queue.AddAsync(job);
        if (job.Notify is { } notice) await notices.DeliverAsync(notice, stopping);
        if (job.Track is { } tracked) await tracking.UpdateAsync(tracked, stopping);
        if (job.Project is { } asked && !await projections.RunAsync(asked.Run, asked.Projection, stopping)) await queue.AddAsync(job, NextProjection);
        if (job.Prepare is not { } run) return;
        try
        {
            await lifecycle.PrepareAsync(run.Run, run.InstanceId, stopping);
        }
        catch (Exception unavailable) when (unavailable is UnknownDatasetException or DatasetUnavailableException)
        {
            LogNotPrepared(run.Run, unavailable.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not store its data set; the first slice retries. {Problem}")]
    private partial void LogNotPrepared(string run, string problem);
}

/// <summary>The queue of <see cref="DoShortWork"/>.</summary>
/// <param name="queue">Created when the app starts.</param>
public sealed class ShortJobs(QueueClient queue)
{
    /// <summary>The queue's name in the storage account.</summary>
    public const string Name = "gan-short-work";

    /// <summary>Adds a job. Takes no cancellation token, because the claim that depends on the job is already stored.</summary>
    /// <param name="job">The job.</param>
    /// <param name="delay">How long to wait before it is done; null for not at all.</param>
    public Task AddAsync(ShortJob job, TimeSpan? delay = null) => queue.SendMessageAsync(
        JsonSerializer.Serialize(job, JsonSerializerOptions.Web), visibilityTimeout: delay, cancellationToken: CancellationToken.None);
}

/// <summary>The services of short work.</summary>
public static class ShortWorkServices
{
    /// <summary>Registers the queue. It is created when the app starts.</summary>
    public static IServiceCollection AddShortWork(this IServiceCollection services) => services
        .AddSingleton(provider => provider.GetRequiredService<StorageConnection>().Queues().GetQueueClient(ShortJobs.Name))
        .AddSingleton<ShortJobs>()
        .AddSingleton<NoticeDelivery>()
        .AddSingleton<Tracking>();
}
