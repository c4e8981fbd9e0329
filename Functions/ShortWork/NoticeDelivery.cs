using GanFunctions.Functions.Notices;

namespace GanFunctions.Functions.ShortWork;

/// <summary>
/// Delivers notices at least once. A notice that is not accepted returns to the queue with a delay that doubles from two seconds to a quarter of an hour,
/// for about an hour. An activity would have to wait behind the slices of all runs.
/// </summary>
public sealed partial class NoticeDelivery(NoticeSender sender, ShortJobs queue, ILogger<NoticeDelivery> logger)
{
    /// <summary>Tries to deliver a notice, and queues the next attempt if that fails.</summary>
    public async Task DeliverAsync(PendingNotice pending, CancellationToken cancellation)
    {
        var notice = pending.Notice;
        if (await sender.TrySendAsync(pending, cancellation) is not { } problem)
        {
            LogDelivered(notice.Data.Run, notice.Id, pending.Target);
            return;
        }
        var failures = pending.Failures + 1;
        if (failures > BackOff.MaxFailures)
        {
            LogGivenUp(notice.Data.Run, notice.Id, pending.Target, failures, problem);
            return;
        }
        var delay = BackOff.After(failures);
        LogRefused(notice.Data.Run, notice.Id, pending.Target, failures, delay.TotalSeconds, problem);
        await queue.AddAsync(new ShortJob(Notify: pending with { Failures = failures }), delay);
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: delivered notice {Id} ({Target})")]
    private partial void LogDelivered(string run, string id, NoticeTarget target);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not deliver notice {Id} ({Target}), attempt {Attempt}; retrying in {Seconds} s. {Problem}")]
    private partial void LogRefused(string run, string id, NoticeTarget target, int attempt, double seconds, string problem);

    [LoggerMessage(LogLevel.Error, "Run {Run}: gave up delivering notice {Id} ({Target}) after {Attempts} attempts. {Problem}")]
    private partial void LogGivenUp(string run, string id, NoticeTarget target, int attempts, string problem);
}
