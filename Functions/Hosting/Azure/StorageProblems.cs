using System.Globalization;
using GanFunctions.Storage;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace GanFunctions.Functions.Hosting;

/// <summary>Answers HTTP calls that fail because the storage does with 503, as the embedded host does.</summary>
internal sealed partial class StorageProblems(ILogger<StorageProblems> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception failure) when (
            context.GetHttpContext() is { Response.HasStarted: false } http && StorageFailure.Explain(failure) is { } reason)
        {
            LogWithoutStorage(context.FunctionDefinition.Name, reason);
            http.Response.Clear();
            http.Response.Headers.RetryAfter = StorageFailure.RetrySeconds.ToString(CultureInfo.InvariantCulture);
            await Results.Problem(reason, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(http);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Function {Name} failed. {Problem}")]
    private partial void LogWithoutStorage(string name, string problem);
}
