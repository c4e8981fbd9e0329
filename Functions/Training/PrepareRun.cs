using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Training;

/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's own id.</param>
public sealed record PrepareRunInput(string Run, string InstanceId);

/// <summary>The activity before the first slice: stores the options and fetches the data set.</summary>
public sealed class PrepareRun(RunLifecycle lifecycle)
{
    [Function(nameof(PrepareRun))]
    public Task<bool> RunAsync([ActivityTrigger] PrepareRunInput request, CancellationToken stopping) =>
        lifecycle.PrepareAsync(request.Run, request.InstanceId, stopping);
}
