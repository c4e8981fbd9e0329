using System.Globalization;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Notices;
using GanFunctions.Functions.ShortWork;

namespace GanFunctions.Functions.Training;

/// <summary>
/// Queues notices about a run, after each of its slices: that it has ended, and that its pictures began to show mode collapse; and its update in the
/// experiment tracker. What is due follows from the row, so a slice that is repeated after a crash queues what the crash prevented, or the same notice again.
/// </summary>
public sealed class Announcements(RunStore runs, ShortJobs queue, NoticeOptions options, Tracking tracking)
{
    private const int MaxWarnings = 5;
    private const int MaxCharacters = 1000; // of a text; a message has at most 64 KiB, and up to six bytes for a character

    /// <summary>Queues what is due for a run, if it belongs to the orchestration.</summary>
    public async Task AnnounceAsync(string run, string instanceId)
    {
        if (await runs.FindAsync(run, CancellationToken.None) is { } row && row.InstanceId == instanceId) await AnnounceAsync(row);
    }

    /// <summary>Queues what is due for a run.</summary>
    public async Task AnnounceAsync(RunRow row)
    {
        await tracking.RequestAsync(row.RowKey, row.IsAtRest);
        var targets = TargetsOf(row).ToList();
        if (targets.Count == 0) return;
        var warnings = row is { QualityEpoch: { } epoch, Quality: { } quality } ? ModeCollapse.WarningsOf(epoch, quality) : [];
        var hasCollapsed = ModeCollapse.IsIn(warnings);
        if (hasCollapsed && !row.IsCollapseNoticed) await QueueAsync(NoticeKind.Warning);
        if (hasCollapsed != row.IsCollapseNoticed)
        {
            await runs.UpdateAsync(row.RowKey, now =>
            {
                if (now.InstanceId != row.InstanceId) return false;
                now.IsCollapseNoticed = hasCollapsed;
                return true;
            }, CancellationToken.None);
        }
        if (EndOf(row.Phase) is { } end) await QueueAsync(end);

        async Task QueueAsync(NoticeKind kind)
        {
            var notice = NoticeOf(row, kind, warnings);
            foreach (var (target, url) in targets) await queue.AddAsync(new ShortJob(Notify: new(notice, target, url)));
        }
    }

    private IEnumerable<(NoticeTarget Target, string? Url)> TargetsOf(RunRow row)
    {
        if (row.NotifyUrl is not null) yield return (NoticeTarget.Run, row.NotifyUrl);
        if (options.Url is not null) yield return (NoticeTarget.App, null);
        if (options.EventGridEndpoint is not null) yield return (NoticeTarget.EventGrid, null);
    }

    private static NoticeKind? EndOf(Phase phase) => phase switch
    {
        Phase.Completed => NoticeKind.Completed,
        Phase.Failed => NoticeKind.Failed,
        Phase.Cancelled => NoticeKind.Cancelled,
        _ => null,
    };

    private static Notice NoticeOf(RunRow row, NoticeKind kind, IReadOnlyList<string> warnings)
    {
        // A run can end more than once at the same epoch, but not without a call of the API in between.
        var (epoch, revision) = kind == NoticeKind.Warning ? (row.QualityEpoch ?? 0, "") : (row.CompletedEpochs, $"-{row.Revision}");
        var created = row.CreatedAt.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        var name = kind.ToString().ToLowerInvariant();
        return new($"{row.RowKey}-{created}-{row.Attempt}-{name}-{epoch}{revision}", kind, row.Timestamp ?? row.ClaimedAt, new NoticeData(
            row.RowKey, row.State().ToString().ToLowerInvariant(), row.CompletedEpochs, row.TargetEpochs, row.Attempt, Cut(row.Error ?? row.StoppedEarly),
            [.. warnings.Take(MaxWarnings).Select(Cut).OfType<string>()], row.Quality?.FrechetDistance, row.BestEpoch));
    }

    private static string? Cut(string? text) => text?.Length > MaxCharacters ? $"{text[..MaxCharacters]}..." : text;
}
