using System.Globalization;
using GanFunctions.Storage;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace GanFunctions.Functions.Hosting;

/// <summary>Answers HTTP calls that fail because the storage does with 503, as the embedded host does.</summary>
internal sealed class StorageProblems : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception failure) when (context.GetHttpContext() is { Response.HasStarted: false } && StorageFailure.Explain(failure) is not null)
        {
            var http = context.GetHttpContext()!;
            http.Response.Clear();
            http.Response.Headers.RetryAfter = StorageFailure.RetrySeconds.ToString(CultureInfo.InvariantCulture);
            await Results.Problem(StorageFailure.Explain(failure), statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(http);
        }
    }
}
