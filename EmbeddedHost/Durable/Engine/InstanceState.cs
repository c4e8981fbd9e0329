namespace GanFunctions.EmbeddedHost;

/// <summary>An unfinished instance in the memory of its runner: always what is stored, never ahead of it.</summary>
internal sealed class InstanceState
{
    private List<HistoryEvent> _open;

    public InstanceState(StoredInstance stored)
    {
        (Row, History) = (stored.Row, stored.History);
        var ended = History.Where(line => EndsTask(line.Kind)).Select(line => line.TaskId).ToHashSet();
        _open = [.. History.Where(line => AsksForTask(line.Kind) && !ended.Contains(line.TaskId))];
    }

    public InstanceRow Row { get; private set; }

    public List<HistoryEvent> History { get; private set; }

    public bool HasStarted => History.Exists(line => line.Kind == HistoryKind.OrchestratorStarted);

    /// <summary>Whether its code has run since it was read from storage; what it asked for may not have been written.</summary>
    public bool HasReplayed { get; private set; }

    public IEnumerable<HistoryEvent> OpenActivities => _open.Where(line => line.Kind == HistoryKind.TaskScheduled);

    /// <summary>When to look again even if nothing happens.</summary>
    public DateTimeOffset? NextDue => HasStarted
        ? _open.Where(line => line.Kind == HistoryKind.TimerCreated).Min(line => line.FireAt)
        : Row.StartAt;

    public bool IsOpen(int taskId) => _open.Exists(line => line.TaskId == taskId);

    public IEnumerable<HistoryEvent> DueTimers(DateTimeOffset now) =>
        _open.Where(line => line.Kind == HistoryKind.TimerCreated && line.FireAt <= now);

    /// <summary>Its code has run: what is open now is known better than from the history, where cancelled timers stay open.</summary>
    public void Replayed(Replay replay)
    {
        _open = [.. replay.Context.Open.Values.Select(task => task.Asked)];
        HasReplayed = true;
    }

    /// <summary>A turn was written.</summary>
    public async Task ApplyAsync(InstanceRow written, TurnResult turn, EngineParts parts, CancellationToken cancellation)
    {
        foreach (var message in turn.Taken.Concat(turn.Lines.Select(line => line.From).OfType<InboxMessage>()))
        {
            await parts.Payloads.DeleteAsync(message.Stored, cancellation);
        }

        var old = (Row, History);
        Row = written;
        if (written.Execution == old.Row.Execution)
        {
            History.AddRange(turn.Lines.Select(line => line.Line));
            return;
        }

        History = [.. turn.Lines.Select(line => line.Line)];
        _open = [];
        HasReplayed = false;
        await ClearAsync(old.Row, old.History, parts, cancellation);
    }

    private static async Task ClearAsync(InstanceRow row, List<HistoryEvent> history, EngineParts parts, CancellationToken cancellation)
    {
        if (history.Exists(line => Payloads.IsLarge(line.Payload)))
        {
            await parts.Payloads.DeleteAllAsync(row.InstanceId, row.Execution, cancellation);
        }

        var keys = Enumerable.Range(1, row.NextSequence - 1).Select(sequence => RowKeys.History(row.Execution, sequence));
        await parts.History.DeleteRowsAsync(row.InstanceId, [.. keys], cancellation);
    }

    private static bool AsksForTask(HistoryKind kind) => kind is HistoryKind.TaskScheduled or HistoryKind.TimerCreated;

    private static bool EndsTask(HistoryKind kind) => kind is HistoryKind.TaskCompleted or HistoryKind.TaskFailed or HistoryKind.TimerFired;
}
