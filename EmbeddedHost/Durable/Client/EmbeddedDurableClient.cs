namespace GanFunctions.EmbeddedHost;

/// <summary>The client: works on storage, in any process, and tells the owner that there is news.</summary>
internal sealed class EmbeddedDurableClient(
    HubStorage hub,
    InstanceTable instances,
    Inbox inbox,
    WakeMarks marks,
    Payloads payloads,
    InstanceQueries queries,
    DurableEngine engine,
    DurableSettings settings,
    TimeProvider time) : DurableTaskClient(settings.HubName)
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(1);

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName.Name, nameof(orchestratorName));
        var id = string.IsNullOrEmpty(options?.InstanceId) ? Guid.NewGuid().ToString("N") : options.InstanceId;
        RowKeys.ThrowIfNoInstanceId(id);
        await hub.EnsureCreatedAsync();
        var existing = await instances.FindAsync(id, cancellation);
        if (existing is { IsFinished: false })
        {
            throw AlreadyExists(id);
        }

        var now = time.GetUtcNow();
        var execution = (existing?.Execution ?? 0) + 1;
        var json = DurableJson.Write(input);
        var row = new InstanceRow
        {
            InstanceId = id,
            Name = orchestratorName.Name,
            Incarnation = Guid.NewGuid().ToString("N"),
            Execution = execution,
            CreatedAt = now,
            LastUpdatedAt = now,
            StartAt = options?.StartAt?.ToUniversalTime(),
            Input = await payloads.StoreAsync(id, execution, json, cancellation),
        };
        var started = new HistoryEvent(HistoryKind.ExecutionStarted, now, Name: row.Name, Payload: json);
        if (!await instances.TryCreateAsync(row, started, existing, cancellation))
        {
            await payloads.DeleteAsync(row.Input, cancellation);
            throw AlreadyExists(id);
        }

        await TellOwnerAsync(id, cancellation);
        return id;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return SendAsync(instanceId, termination: false, eventName, eventPayload, cancellation);
    }

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, termination: true, null, options?.Output, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, row => row.Status != OrchestrationRuntimeStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, row => row.IsFinished, getInputsAndOutputs, cancellation);

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await hub.EnsureCreatedAsync();
        return await instances.FindAsync(instanceId, cancellation) is { } row
            ? await queries.DescribeAsync(row, getInputsAndOutputs, cancellation)
            : null;
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        queries.List(filter ?? new OrchestrationQuery());

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await hub.EnsureCreatedAsync();
        var row = await instances.FindAsync(instanceId, cancellation);
        if (row is { IsFinished: false })
        {
            throw new InvalidOperationException(
                $"Only orchestrations in a terminal state can be purged, but the orchestration with instance ID {instanceId} has status {row.Status}");
        }

        var purged = row is not null && await instances.PurgeAsync(row, payloads, cancellation);
        return new PurgeResult(purged ? 1 : 0, isComplete: true);
    }

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var ends = filter.Timeout is { } timeout ? time.GetUtcNow() + timeout : DateTimeOffset.MaxValue;
        var count = 0;
        await foreach (var row in queries.FinishedAsync(filter, cancellation))
        {
            if (time.GetUtcNow() >= ends)
            {
                return new PurgeResult(count, isComplete: false);
            }

            count += await instances.PurgeAsync(row, payloads, cancellation) ? 1 : 0;
        }

        return new PurgeResult(count, isComplete: true);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task SendAsync(string instanceId, bool termination, string? name, object? payload, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await hub.EnsureCreatedAsync();
        var row = await instances.FindAsync(instanceId, cancellation)
            ?? throw new ArgumentException($"No instance with ID '{instanceId}' was found.", nameof(instanceId));
        if (row.IsFinished)
        {
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' is {row.Status}: it takes no more messages.");
        }

        await inbox.SendAsync(row, termination, name, DurableJson.Write(payload), cancellation);
        await TellOwnerAsync(instanceId, cancellation);
    }

    private async Task TellOwnerAsync(string instanceId, CancellationToken cancellation)
    {
        await marks.SetAsync(instanceId, cancellation);
        engine.Wake(instanceId);
    }

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<InstanceRow, bool> isEnough, bool getInputsAndOutputs, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        await hub.EnsureCreatedAsync();
        for (var pause = FirstPoll; ; pause = pause < LongestPoll ? pause * 1.5 : LongestPoll)
        {
            if (await instances.FindAsync(instanceId, cancellation) is { } row && isEnough(row))
            {
                return await queries.DescribeAsync(row, getInputsAndOutputs, cancellation);
            }

            await Task.Delay(pause, time, cancellation);
        }
    }

    private static InvalidOperationException AlreadyExists(string instanceId) =>
        new($"An Orchestration instance with the ID {instanceId} already exists.");
}
