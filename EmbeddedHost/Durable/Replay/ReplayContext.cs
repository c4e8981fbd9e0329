using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// The context an orchestrator's code sees during one replay. What the code asks for gets the next number; the replay holds it
/// against the line of that number in the history, and what the history does not have yet is new.
/// </summary>
internal sealed class ReplayContext(InstanceRow instance, string? input, TurnScheduler scheduler, ILoggerFactory loggers)
    : TaskOrchestrationContext
{
    private const int LargestCustomStatus = 16 * 1024;
    private int _nextTask;
    private int _nextGuid;

    public override TaskName Name => instance.Name;

    public override string InstanceId => instance.InstanceId;

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => Now.UtcDateTime;

    public override bool IsReplaying => Replaying;

    protected override ILoggerFactory LoggerFactory => loggers;

    public DateTimeOffset Now { get; set; }

    public bool Replaying { get; set; }

    /// <summary>Asked for by the code and not found in the history so far, by number.</summary>
    public SortedDictionary<int, HistoryEvent> Asked { get; } = [];

    public SortedDictionary<int, OpenTask> Open { get; } = [];

    public ExternalEvents Events { get; } = new();

    public bool HasCustomStatus { get; private set; }

    public string? CustomStatus { get; private set; }

    public (string? Input, bool PreserveEvents)? Continuation { get; private set; }

    public override T? GetInput<T>()
        where T : default
    {
        ThrowIfForeign();
        return DurableJson.Read<T>(input);
    }

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        ThrowIfForeign();
        if (input is TaskOptions && options is null)
        {
            throw new ArgumentException("A TaskOptions was given as the activity's input. Name the parameter: options: ...", nameof(input));
        }

        var json = DurableJson.Write(input);
        var started = CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                var asked = new HistoryEvent(HistoryKind.TaskScheduled, Now, _nextTask++, name.Name, json);
                return DurableJson.Read<TResult>(await Ask(asked).Over)!;
            }
            catch (TaskFailedException e) when (options?.Retry?.Policy?.After(attempt, CurrentUtcDateTime - started, e) is { } delay)
            {
                pause = delay;
            }

            await CreateTimer(pause, CancellationToken.None);
        }
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        ThrowIfForeign();
        var timer = Ask(new(HistoryKind.TimerCreated, Now, _nextTask++, FireAt: new DateTimeOffset(fireAt.ToUniversalTime())));
        cancellationToken.Register(() =>
        {
            if (timer.Cancel(cancellationToken))
            {
                Open.Remove(timer.Id);
            }
        });
        return timer.Over;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ThrowIfForeign();
        return Events.WaitAsync<T>(eventName, cancellationToken);
    }

    public override void SetCustomStatus(object? customStatus)
    {
        ThrowIfForeign();
        var json = DurableJson.Write(customStatus);
        if (Encoding.Unicode.GetByteCount(json ?? "") is var size and > LargestCustomStatus)
        {
            throw new ArgumentException($"The custom status has {size} bytes as JSON in UTF-16; at most {LargestCustomStatus} fit.", nameof(customStatus));
        }

        (HasCustomStatus, CustomStatus) = (true, json);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        ThrowIfForeign();
        Continuation = (DurableJson.Write(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        ThrowIfForeign();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{InstanceId}_{Now:o}_{_nextGuid++}")).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    private OpenTask Ask(HistoryEvent asked)
    {
        var task = new OpenTask(asked);
        Asked.Add(task.Id, asked);
        Open.Add(task.Id, task);
        return task;
    }

    private void ThrowIfForeign()
    {
        if (!scheduler.IsOnTurn)
        {
            scheduler.ReportForeignStep();
            throw NonDeterminismException.ForeignAwait();
        }
    }
}
