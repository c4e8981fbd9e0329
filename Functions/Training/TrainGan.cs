using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Training;

/// <summary>Input of the orchestration, and its state across continue-as-new.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Workers">Number of workers that train the run at the same time.</param>
/// <param name="Attempt">Number of rollbacks so far.</param>
/// <param name="Failures">Failed calls since the last success; they determine the delay before the next attempt.</param>
/// <param name="HasBegun">Whether a call has succeeded.</param>
public sealed record TrainGanInput(string Run, int Workers = 1, int Attempt = 0, int Failures = 0, bool HasBegun = false);

/// <summary>
/// Trains a run slice by slice, or on several workers round by round, until a slice or a merge reports the end of the run. It touches no tensors,
/// clocks, storage or random numbers: the slices read what the user wants, and end the run.
/// </summary>
public static class TrainGan
{
    /// <summary>The event that ends the wait before the next attempt.</summary>
    public const string WakeEvent = "wake";

    /// <summary>The event that tells <see cref="SliceResult.Waiter"/> that the run has come to rest. Its payload is the run's id.</summary>
    public const string RestEvent = "rest";

    private const int CallsPerGeneration = 50; // bounds the history, which is replayed at every step
    private const int MaxDoublings = 6;         // of the delay: at most about five minutes
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);

    [Function(nameof(TrainGan))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, TrainGanInput input)
    {
        var state = input;
        for (var calls = 0; calls < CallsPerGeneration; calls += state.Workers == 1 ? 1 : state.Workers + 1)
        {
            try
            {
                var result = state.Workers == 1
                    ? await context.CallActivityAsync<SliceResult>(nameof(TrainSlice), new SliceRequest(state.Run, context.InstanceId, state.Attempt))
                    : await TrainRoundAsync(context, state);
                if (result.Outcome != SliceOutcome.Continue)
                {
                    if (result.Waiter is { } waiter) context.SendEvent(waiter, RestEvent, state.Run);
                    return;
                }
                state = state with { Attempt = result.Attempt, Failures = 0, HasBegun = true };
            }
            catch (TaskFailedException)
            {
                // The slice counts failures against the run; anything else, such as a host shutdown, is retried without limit.
                state = state with { Failures = state.Failures + 1 };
                await WaitBeforeRetryAsync(context, state.Failures);
            }
        }
        context.ContinueAsNew(state, preserveUnprocessedEvents: false);
    }

    private static async Task<SliceResult> TrainRoundAsync(TaskOrchestrationContext context, TrainGanInput state)
    {
        var workers = Enumerable.Range(0, state.Workers).Select(worker => context.CallActivityAsync<ShardResult>(
            nameof(TrainShard), new ShardRequest(state.Run, context.InstanceId, state.Attempt, worker)));
        // The first merge commits the initial networks, or what an earlier orchestration has left.
        var shards = state.HasBegun ? await Task.WhenAll(workers) : [];
        return await context.CallActivityAsync<SliceResult>(nameof(MergeShards), new MergeRequest(state.Run, context.InstanceId, state.Attempt, shards));
    }

    private static async Task WaitBeforeRetryAsync(TaskOrchestrationContext context, int failures)
    {
        using var enough = new CancellationTokenSource();
        var wake = context.WaitForExternalEvent<string>(WakeEvent, enough.Token);
        while (wake.IsCompleted) wake = context.WaitForExternalEvent<string>(WakeEvent, enough.Token); // left over from earlier calls
        await Task.WhenAny(wake, context.CreateTimer(FirstDelay * Math.Pow(2, Math.Min(failures - 1, MaxDoublings)), enough.Token));
        enough.Cancel(); // not CancelAsync, which would leave the orchestrator thread
    }
}

/// <summary>The activity: trains one epoch, or the part of it that fits into the time limit, and announces how the run stands then.</summary>
public sealed class TrainSlice(TrainingSlice slice, TrialLimits limits, Announcements announcements)
{
    [Function(nameof(TrainSlice))]
    public async Task<SliceResult> RunAsync([ActivityTrigger] SliceRequest request, [DurableClient] DurableTaskClient client, CancellationToken stopping)
    {
        var maxSeconds = await limits.SecondsOfSliceAsync(request.Run, stopping);
        var result = await slice.RunAsync(request with { MaxSeconds = maxSeconds }, stopping);
        await announcements.AnnounceAsync(request.Run, request.InstanceId);
        if (maxSeconds is not null && result.Outcome == SliceOutcome.Continue) await limits.CheckAsync(client, request.Run);
        return result;
    }
}

/// <summary>The activity: trains the shard of one of several workers to the end of a round.</summary>
public sealed class TrainShard(TrainingRound round, TrialLimits limits)
{
    [Function(nameof(TrainShard))]
    public async Task<ShardResult> RunAsync([ActivityTrigger] ShardRequest request, CancellationToken stopping) =>
        await round.TrainShardAsync(request with { MaxSeconds = await limits.SecondsOfSliceAsync(request.Run, stopping) }, stopping);
}

/// <summary>The activity: merges the shards of a round, and announces how the run stands then.</summary>
public sealed class MergeShards(TrainingRound round, TrialLimits limits, Announcements announcements)
{
    [Function(nameof(MergeShards))]
    public async Task<SliceResult> RunAsync([ActivityTrigger] MergeRequest request, [DurableClient] DurableTaskClient client, CancellationToken stopping)
    {
        var result = await round.MergeAsync(request, stopping);
        await announcements.AnnounceAsync(request.Run, request.InstanceId);
        if (result.Outcome == SliceOutcome.Continue) await limits.CheckAsync(client, request.Run);
        return result;
    }
}

/// <summary>The services that train.</summary>
public static class TrainingServices
{
    /// <summary>Registers the training slice and what it measures with.</summary>
    public static IServiceCollection AddTraining(this IServiceCollection services) => services
        .AddSingleton(TimeProvider.System)
        .AddSingleton<QualityReferenceStore>()
        .AddSingleton<TrainingTelemetry>()
        .AddSingleton<SliceSteps>()
        .AddSingleton<TrainingSlice>()
        .AddSingleton<TrainingRound>()
        .AddSingleton<TrialLimits>()
        .AddSingleton<Announcements>();
}
