using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Training;

/// <summary>The activity that trains one epoch, or as much of it as fits the time.</summary>
public sealed class TrainEpoch(TrainingSlice slice)
{
    [Function(nameof(TrainEpoch))]
    public Task<SliceResult> RunAsync([ActivityTrigger] SliceRequest request, CancellationToken stopping) =>
        slice.RunAsync(request, stopping);
}
