using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Training;

/// <summary>The activity after the last slice; says false when the user wants more after all.</summary>
public sealed class CloseRun(RunLifecycle lifecycle)
{
    [Function(nameof(CloseRun))]
    public Task<bool> RunAsync([ActivityTrigger] Closing closing, CancellationToken stopping) =>
        lifecycle.CloseAsync(closing, stopping);
}
