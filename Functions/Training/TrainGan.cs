using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Training;

/// <summary>What the orchestration carries from one generation to the next.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="IsPrepared">Whether its data set is at hand.</param>
/// <param name="Attempt">Roll-backs so far.</param>
/// <param name="Failures">Slices that failed since the last that did not.</param>
public sealed record TrainGanInput(string Run, bool IsPrepared = false, int Attempt = 0, int Failures = 0);

/// <summary>
/// Trains a run: slice after slice until one says that there is no more to do. It touches no tensors, clocks, storage or randomness;
/// what the user wants is read by the activities.
/// </summary>
public static class TrainGan
{
    /// <summary>Wakes the orchestration when it waits to try again.</summary>
    public const string WakeEvent = "wake";

    private const int SlicesPerGeneration = 50; // bounds the history, which is read again at every step
    private const int MaxFailures = 5;          // in a row
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);
    private static readonly TaskOptions Patiently = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 10, FirstDelay, backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(5)));

    [Function(nameof(TrainGan))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var state = context.GetInput<TrainGanInput>()!;
        for (var slice = 0; slice < SlicesPerGeneration; slice++)
        {
            Closing? closing;
            try
            {
                var result = await context.CallActivityAsync<SliceResult>(
                    state.IsPrepared ? nameof(TrainEpoch) : nameof(PrepareRun), new SliceRequest(state.Run, context.InstanceId, state.Attempt));
                state = state with { IsPrepared = true, Attempt = result.Attempt, Failures = 0 };
                if (result.Outcome == SliceOutcome.Superseded) return;
                closing = ClosingOf(result, state.Run, context.InstanceId);
            }
            catch (TaskFailedException failure)
            {
                state = state with { Failures = state.Failures + 1 };
                if (state.Failures <= MaxFailures)
                {
                    await WaitToTryAgainAsync(context, state.Failures);
                    continue;
                }
                closing = new Closing(state.Run, context.InstanceId, Phase.Failed, 0, failure.FailureDetails.ErrorMessage);
            }
            if (closing is not null && await context.CallActivityAsync<bool>(nameof(CloseRun), closing, Patiently)) return;
        }
        context.ContinueAsNew(state, preserveUnprocessedEvents: false);
    }

    private static Closing? ClosingOf(SliceResult result, string run, string instanceId) => result.Outcome switch
    {
        SliceOutcome.Paused => new(run, instanceId, Phase.Paused, result.CompletedEpochs),
        SliceOutcome.Cancelled => new(run, instanceId, Phase.Cancelled, result.CompletedEpochs),
        SliceOutcome.Completed => new(run, instanceId, Phase.Completed, result.CompletedEpochs, StoppedEarly: result.Reason),
        SliceOutcome.Diverged or SliceOutcome.Refused => new(run, instanceId, Phase.Failed, result.CompletedEpochs, result.Reason),
        _ => null,
    };

    private static async Task WaitToTryAgainAsync(TaskOrchestrationContext context, int failures)
    {
        using var enough = new CancellationTokenSource();
        var wake = context.WaitForExternalEvent<string>(WakeEvent, enough.Token);
        while (wake.IsCompleted) wake = context.WaitForExternalEvent<string>(WakeEvent, enough.Token); // of calls answered long ago
        await Task.WhenAny(wake, context.CreateTimer(FirstDelay * Math.Pow(2, failures - 1), enough.Token));
        enough.Cancel(); // not CancelAsync, which would leave the orchestrator's thread
    }
}
