namespace GanFunctions.EmbeddedHost;

/// <summary>An activity call or timer that an orchestrator has asked for and that is not over.</summary>
internal sealed class OpenTask(HistoryEvent asked)
{
    private readonly TaskCompletionSource<string?> _over = new();

    /// <summary>The line that stands for it in the history.</summary>
    public HistoryEvent Asked { get; } = asked;

    public int Id => Asked.TaskId;

    public bool IsTimer => Asked.Kind == HistoryKind.TimerCreated;

    public Task<string?> Over => _over.Task;

    public void End(HistoryEvent answer)
    {
        if (answer.Kind == HistoryKind.TaskFailed)
        {
            _over.TrySetException(new TaskFailedException(Asked.Name!, Id, DurableJson.Read<TaskFailureDetails>(answer.Payload)!));
        }
        else
        {
            _over.TrySetResult(answer.Payload);
        }
    }

    public bool Cancel(CancellationToken cancellation) => _over.TrySetCanceled(cancellation);
}
