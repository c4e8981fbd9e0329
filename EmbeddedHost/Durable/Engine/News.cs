namespace GanFunctions.EmbeddedHost;

/// <summary>What an instance has not seen yet, as lines for its history.</summary>
/// <param name="Lines">In the order the code is to see them, each with the message it stems from.</param>
/// <param name="Messages">All the messages they stem from.</param>
/// <param name="Termination">The message that ends the instance, if there is one.</param>
internal sealed record News(
    IReadOnlyList<(HistoryEvent Line, InboxMessage? From)> Lines, IReadOnlyList<InboxMessage> Messages, InboxMessage? Termination)
{
    /// <summary>A message takes two operations of a transaction, which has a hundred; the next turn takes more.</summary>
    public const int MostMessages = 40;

    public static News Of(InstanceState state, IReadOnlyList<InboxMessage> messages, IReadOnlyList<HistoryEvent> answers, DateTimeOffset now)
    {
        var termination = messages.FirstOrDefault(message => message.IsTermination);
        if (termination is not null)
        {
            messages = [.. messages.TakeWhile(message => message != termination), termination];
        }
        else if (!state.HasStarted && state.Row.StartAt > now)
        {
            // Its messages wait in the inbox until it starts.
            return new([], [], null);
        }

        List<(HistoryEvent Line, InboxMessage? From)> lines = [];
        if (!state.HasStarted && termination is null)
        {
            lines.Add((new(HistoryKind.OrchestratorStarted, now), null));
        }

        foreach (var message in messages)
        {
            var kind = message.IsTermination ? HistoryKind.ExecutionTerminated : HistoryKind.EventRaised;
            lines.Add((new(kind, now, Name: message.Name, Payload: message.Payload), message));
        }

        foreach (var answer in answers.Where(answer => state.IsOpen(answer.TaskId)).DistinctBy(answer => answer.TaskId))
        {
            lines.Add((answer with { Timestamp = now }, null));
        }

        foreach (var timer in state.DueTimers(now))
        {
            lines.Add((new(HistoryKind.TimerFired, now, timer.TaskId), null));
        }

        return new(lines, messages, termination);
    }
}
