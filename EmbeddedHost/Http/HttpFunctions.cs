using System.Globalization;
using System.Reflection;
using GanFunctions.EmbeddedHost.Discovery;
using GanFunctions.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>Maps every HTTP function to an endpoint at its route. There is no route prefix, as in host.json.</summary>
internal static partial class HttpFunctions
{
    public static void MapHttpFunctions(this WebApplication app, FunctionCatalog catalog, FunctionKey key)
    {
        foreach (var function in catalog.Http)
        {
            var trigger = function.Trigger.GetCustomAttribute<HttpTriggerAttribute>()!;
            var route = RoutePatternFactory.Parse(trigger.Route ?? function.Name);
            var values = HttpBinding.Of(function, route);
            var stopping = app.Lifetime.ApplicationStopping;
            RequestDelegate handle = http => trigger.AuthLevel == AuthorizationLevel.Anonymous || key.Accepts(http.Request)
                ? HandleAsync(http, function, values, app.Logger, stopping)
                : Problems.WriteAsync(http, StatusCodes.Status401Unauthorized, "A valid key is required, as header x-functions-key or as ?code=.");
            IEndpointConventionBuilder endpoint = trigger.Methods is not { Length: > 0 } methods
                ? app.Map(route, handle)
                : app.MapMethods(route.RawText!, methods.Select(method => method.ToUpperInvariant()), handle);
            endpoint.WithMetadata(function).WithDisplayName(function.Name);
        }
    }

    private static async Task HandleAsync(HttpContext http, AppFunction function, ParameterValue[] values, ILogger logger, CancellationToken stopping)
    {
        // A response that streams for minutes must not delay the shutdown of the host.
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            var arguments = Array.ConvertAll(values, value => value(http, linked.Token));
            await WriteAsync(http, await function.InvokeAsync(http.RequestServices, arguments));
        }
        catch (RouteValueException e)
        {
            await Problems.WriteAsync(http, StatusCodes.Status404NotFound, e.Message);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            if (!http.Response.HasStarted) await Problems.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "The host is stopping.");
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await Problems.WriteAsync(http, e.StatusCode, e.Message);
        }
        catch (Exception e) when (!http.Response.HasStarted && StorageFailure.Explain(e) is { } reason)
        {
            LogWithoutStorage(logger, function.Name, reason);
            http.Response.Clear();
            http.Response.Headers.RetryAfter = StorageFailure.RetrySeconds.ToString(CultureInfo.InvariantCulture);
            await Problems.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, reason);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            LogFailed(logger, e, function.Name);
            http.Response.Clear();
            await Problems.WriteAsync(http, StatusCodes.Status500InternalServerError, $"Function '{function.Name}' failed; see the log.");
        }
    }

    private static Task WriteAsync(HttpContext http, object? returned)
    {
        switch (returned)
        {
            case IResult result:
                return result.ExecuteAsync(http);
            case null:
                if (!http.Response.HasStarted) http.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            default:
                return http.Response.WriteAsJsonAsync(returned, returned.GetType(), http.RequestAborted);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Function {Name} failed. {Problem}")]
    private static partial void LogWithoutStorage(ILogger logger, string name, string problem);

    [LoggerMessage(LogLevel.Error, "Function {Name} failed")]
    private static partial void LogFailed(ILogger logger, Exception failure, string name);
}
