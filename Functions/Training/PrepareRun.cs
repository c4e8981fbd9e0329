using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Training;

/// <summary>The activity before the first slice: stores the options and fetches the data set.</summary>
public sealed class PrepareRun(RunLifecycle lifecycle)
{
    [Function(nameof(PrepareRun))]
    public Task<SliceResult> RunAsync([ActivityTrigger] SliceRequest request, CancellationToken stopping) =>
        lifecycle.PrepareAsync(request, stopping);
}
