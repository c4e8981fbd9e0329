using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class HttpFunctionsToCall(TimeProvider time)
{
    [Function("Home")]
    public static IResult Home(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{ignored:maxlength(0)?}")] HttpRequest request) =>
        Results.Text($"home of {request.Host.Host}");

    [Function("Item")]
    public static IResult Item(
        [HttpTrigger(AuthorizationLevel.Function, "get", "put", Route = "api/items/{id}/{count:int?}")] HttpRequest request,
        Guid id,
        int? count) => Results.Json(new { request.Method, id, count });

    [Function("Year")]
    public object Year([HttpTrigger(AuthorizationLevel.Function, Route = "api/year/{offset}")] HttpRequest request, long offset) =>
        new { Year = time.GetUtcNow().Year + offset, Via = request.Method };

    [Function("Nothing")]
    public static Task Nothing([HttpTrigger(AuthorizationLevel.Function, "post")] HttpRequest request) => Task.CompletedTask;

    [Function("Value")]
    public static Task<Greeting> Value([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/value")] HttpRequest request) =>
        Task.FromResult(new Greeting("hi", 1));

    [Function("Throws")]
    public static IResult Throws([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/throws")] HttpRequest request) =>
        throw new InvalidDataException("a secret");

    [Function("Start")]
    public static async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/start/{name}")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation)
    {
        var input = await request.ReadFromJsonAsync<int>(cancellation);
        var id = await client.ScheduleNewOrchestrationInstanceAsync(name, input, cancellation);
        return Results.Accepted($"/api/status/{id}", id);
    }

    [Function("Status")]
    public static async Task<IResult> Status(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/status/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        await client.GetInstanceAsync(id, true, cancellation) is { } found
            ? Results.Json(new { Status = found.RuntimeStatus.ToString(), found.SerializedOutput })
            : Results.NotFound();

    [Function("Stream")]
    public static async Task Stream(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/stream")] HttpRequest request, CancellationToken cancellation)
    {
        await request.HttpContext.Response.WriteAsync("begun", cancellation);
        await request.HttpContext.Response.Body.FlushAsync(cancellation);
        await Task.Delay(Timeout.Infinite, cancellation);
    }
}
