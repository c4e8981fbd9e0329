using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;


namespace GanFunctions.Functions.Training;

/// <summary>Input of the orchestration, and its state across continue-as-new.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Attempt">Number of rollbacks so far.</param>
/// <param name="Failures">Failed calls since the last success; they determine the delay before the next attempt.</param>
public sealed record TrainGanInput(string Run, int Attempt = 0, int Failures = 0);

/// <summary>
/// Trains a run slice by slice, until a slice reports the end of the run. It touches no tensors, clocks, storage or random numbers: the slices read
/// what the user wants, and end the run.
/// </summary>
public static class TrainGan
{
    /// <summary>The event that ends the wait before the next attempt.</summary>
    public const string WakeEvent = "wake";

    /// <summary>The event that tells <see cref="SliceResult.Waiter"/> that the run has come to rest. Its payload is the run's id.</summary>
    public const string RestEvent = "rest";

    private const int SlicesPerGeneration = 50; // bounds the history, which is replayed at every step
    private const int MaxDoublings = 6;         // of the delay: at most about five minutes
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);

    [Function(nameof(TrainGan))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, TrainGanInput input)
    {
        var state = input;
        for (var slice = 0; slice < SlicesPerGeneration; slice++)
        {
            try
            {
                var result = await context.CallActivityAsync<SliceResult>(nameof(TrainSlice), new SliceRequest(state.Run, context.InstanceId, state.Attempt));
                if (result.Outcome != SliceOutcome.Continue)
                {
                    if (result.Waiter is { } waiter) context.SendEvent(waiter, RestEvent, state.Run);
                    return;
                }
                state = state with { Attempt = result.Attempt, Failures = 0 };
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
public sealed class TrainSlice(TrainingSlice slice, Announcements announcements)
{
    [Function(nameof(TrainSlice))]
    public async Task<SliceResult> RunAsync([ActivityTrigger] SliceRequest request, CancellationToken stopping)
    {
        var result = await slice.RunAsync(request, stopping);
        await announcements.AnnounceAsync(request.Run, request.InstanceId);
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
        .AddSingleton<TrainingSlice>()
        .AddSingleton<Announcements>();
}
