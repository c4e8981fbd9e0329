using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Functions.Datasets;

/// <summary>An upload to be made a data set.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">The upload's id.</param>
public sealed record StagedUpload(string Name, string Upload);

/// <summary>An upload that cannot be made one.</summary>
/// <param name="Staged">Which.</param>
/// <param name="Error">Why not.</param>
public sealed record FailedUpload(StagedUpload Staged, string Error);

/// <summary>Makes an upload a data set, some minutes at a time. What it comes to is in Blob Storage, not here.</summary>
public static class ConvertDataset
{
    private const int SlicesPerGeneration = 50; // bounds the history
    private static readonly TaskOptions Patiently = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 5, TimeSpan.FromSeconds(2), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(1)));

    [Function(nameof(ConvertDataset))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var staged = context.GetInput<StagedUpload>()!;
        try
        {
            for (var slice = 0; slice < SlicesPerGeneration; slice++)
                if (await context.CallActivityAsync<bool>(nameof(ConvertUpload), staged, Patiently)) return;
        }
        catch (TaskFailedException failure)
        {
            await context.CallActivityAsync(nameof(FailUpload), new FailedUpload(staged, failure.FailureDetails.ErrorMessage), Patiently);
            return;
        }
        context.ContinueAsNew(staged);
    }
}

/// <summary>The activity that converts for some minutes; says true when there is nothing more to do.</summary>
public sealed class ConvertUpload(UploadConversion conversion)
{
    [Function(nameof(ConvertUpload))]
    public Task<bool> RunAsync([ActivityTrigger] StagedUpload staged, CancellationToken stopping) =>
        conversion.ConvertAsync(staged.Name, staged.Upload, stopping);
}

/// <summary>The activity after one that failed again and again.</summary>
public sealed class FailUpload(UploadConversion conversion)
{
    [Function(nameof(FailUpload))]
    public Task RunAsync([ActivityTrigger] FailedUpload failed, CancellationToken stopping) =>
        conversion.FailAsync(failed.Staged.Name, failed.Staged.Upload, failed.Error, stopping);
}
