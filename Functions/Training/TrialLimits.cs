using GanFunctions.Core.Sweeps;

namespace GanFunctions.Functions.Training;

/// <summary>Applies the limits of a sweep while the runs of its trials are trained.</summary>
public sealed partial class TrialLimits(SweepLimits limits, ILogger<TrialLimits> logger)
{
    /// <inheritdoc cref="SweepLimits.SecondsOfSliceAsync"/>
    public Task<double?> SecondsOfSliceAsync(string run, CancellationToken cancellation) => limits.SecondsOfSliceAsync(run, cancellation);

    /// <summary>
    /// Makes the trial of the run check the limits of its sweep, if the sweep has reached one. The end of a run does that anyway. Best effort: the trial also
    /// checks now and then.
    /// </summary>
    public async Task CheckAsync(DurableTaskClient client, string run)
    {
        if (await limits.WaiterToStopAsync(run, CancellationToken.None) is not { } waiter) return;
        try
        {
            await client.RaiseEventAsync(waiter, TrainGan.RestEvent, run, CancellationToken.None);
        }
        catch (Exception refusal)
        {
            LogNotSent(waiter, refusal.Message);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Orchestration {InstanceId}: did not accept a message, probably because it has just ended. {Refusal}")]
    private partial void LogNotSent(string instanceId, string refusal);
}
