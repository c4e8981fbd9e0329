namespace GanFunctions.EmbeddedHost;

/// <summary>What a turn came to: what the code asks for, and whether it has ended.</summary>
internal sealed record Outcome(IReadOnlyList<HistoryEvent> Asked, ExecutionEnd? End, InstanceRow Row)
{
    /// <returns>Null when there was nothing to see, and when what was seen changes nothing.</returns>
    public static Outcome? Of(InstanceState state, News news, bool hasForeignStep, Func<Replay> run)
    {
        if (news.Termination is { } termination)
        {
            return new([], new ExecutionEnd.Terminated(termination.Payload), state.Row);
        }

        if (hasForeignStep)
        {
            return new([], new ExecutionEnd.Failed(TaskFailureDetails.FromException(NonDeterminismException.ForeignAwait())), state.Row);
        }

        if (news.Lines.Count == 0 && (state.HasReplayed || !state.HasStarted))
        {
            return null;
        }

        var replay = run();
        state.Replayed(replay);
        var asked = replay.Context.Asked.Values;
        if (news.Lines.Count == 0 && asked.Count == 0 && replay.End is null)
        {
            return null;
        }

        var row = replay.Context.HasCustomStatus
            ? state.Row with { CustomStatus = new StoredPayload(replay.Context.CustomStatus, null) }
            : state.Row;
        return new([.. asked], replay.End, row);
    }

    public async Task<TurnResult> ToTurnAsync(
        InstanceState state, News news, long epoch, Payloads payloads, CancellationToken cancellation)
    {
        var now = news.Lines.Count > 0 ? news.Lines[0].Line.Timestamp : state.History[^1].Timestamp;
        var row = Row with { Epoch = epoch, LastUpdatedAt = now, Status = OrchestrationRuntimeStatus.Running };
        if (End is ExecutionEnd.ContinuedAsNew continued)
        {
            var input = await payloads.StoreAsync(row.InstanceId, row.Execution + 1, continued.Input, cancellation);
            var started = new HistoryEvent(HistoryKind.ExecutionStarted, now, Name: row.Name, Payload: continued.Input);
            List<HistoryEvent> next = [started, .. continued.Events];
            return new(
                row with { Execution = row.Execution + 1, Input = input, StartAt = null }, [.. next.Select(line => (line, (InboxMessage?)null))], news.Messages);
        }

        List<(HistoryEvent, InboxMessage?)> lines = [.. news.Lines, .. Asked.Select(line => (line, (InboxMessage?)null))];
        switch (End)
        {
            case ExecutionEnd.Completed(var output):
                lines.Add((new(HistoryKind.ExecutionCompleted, now), null));
                var stored = await payloads.StoreAsync(row.InstanceId, row.Execution, output, cancellation);
                return new(row with { Status = OrchestrationRuntimeStatus.Completed, Output = stored }, lines, []);

            case ExecutionEnd.Failed(var failure):
                lines.Add((new(HistoryKind.ExecutionFailed, now), null));
                var details = await payloads.StoreAsync(row.InstanceId, row.Execution, DurableJson.Write(failure), cancellation);
                return new(row with { Status = OrchestrationRuntimeStatus.Failed, Failure = details }, lines, []);

            case ExecutionEnd.Terminated(var output):
                var last = await payloads.StoreAsync(row.InstanceId, row.Execution, output, cancellation);
                return new(row with { Status = OrchestrationRuntimeStatus.Terminated, Output = last }, lines, []);

            default:
                return new(row, lines, []);
        }
    }
}
