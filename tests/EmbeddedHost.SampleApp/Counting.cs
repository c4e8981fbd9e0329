using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.SampleApp;

/// <summary>The progress of a count, and its target.</summary>
public record Count(int Done, int Target);

/// <summary>Counts one step at a time, and continues as new every few steps.</summary>
public sealed class Counting(IConfiguration configuration)
{
    private const int StepsPerExecution = 4;

    [Function(nameof(StartCounting))]
    public static async Task<IResult> StartCounting(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "count/{id}/{target}")] HttpRequest request,
        string id,
        int target,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation)
    {
        await client.ScheduleNewOrchestrationInstanceAsync(nameof(CountUp), new Count(0, target), new StartOrchestrationOptions(id), cancellation);
        return Results.Accepted();
    }

    [Function(nameof(CountUp))]
    public static async Task<int> CountUp([OrchestrationTrigger] TaskOrchestrationContext context, Count input)
    {
        var count = input;
        for (var i = 0; i < StepsPerExecution && count.Done < count.Target; i++)
        {
            count = await context.CallActivityAsync<Count>(nameof(Step), count);
            context.SetCustomStatus(count);
        }

        if (count.Done < count.Target)
        {
            context.ContinueAsNew(count);
        }

        return count.Done;
    }

    /// <summary>Appends the step to the file that the setting Steps names.</summary>
    [Function(nameof(Step))]
    public async Task<Count> Step([ActivityTrigger] Count count, CancellationToken cancellation)
    {
        await Task.Delay(20, cancellation);
        await File.AppendAllTextAsync(configuration["Steps"]!, $"{count.Done + 1}\n", cancellation);
        return count with { Done = count.Done + 1 };
    }
}
