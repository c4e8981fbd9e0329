using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary>Keeps data sets as they are while runs train on them.</summary>
internal static class DatasetUse
{
    /// <summary>The 409 to answer with when a run that is not finished needs the data set, else null.</summary>
    public static async Task<IResult?> RefuseAsync(RunStore runs, string name, CancellationToken cancellation) =>
        await runs.FindOnAsync(name, cancellation) is { } needing
            ? Problems.Conflict("The data set is in use.", $"Run '{needing.RowKey}' still needs '{name}'; cancel it first.", $"/api/runs/{needing.RowKey}")
            : null;
}
