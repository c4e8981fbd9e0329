using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// <c>GET /api/runs/{run}/events</c>: sends the run whenever it changes, as server-sent events. The stream ends after three minutes, because Azure cuts
/// responses off after 230 seconds. The client then reconnects, unless an <c>end</c> event said that no more events follow.
/// </summary>
public sealed class GetEvents(RunStore runs, CostSettings costs, TimeProvider time)
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15); // proxies close silent connections
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(2);

    [Function(nameof(GetEvents))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/events")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        return TypedResults.ServerSentEvents(HttpMethods.IsHead(request.Method)
            ? AsyncEnumerable.Empty<SseItem<string>>() // a HEAD request needs only the headers
            : EventsAsync(run, cancellation));
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var end = time.GetUtcNow() + Length;
        var lastSent = time.GetUtcNow();
        var sent = ""; // version of the row
        while (time.GetUtcNow() < end && !cancellation.IsCancellationRequested)
        {
            var row = await runs.FindAsync(run, cancellation);
            if (row is not null && row.ETag.ToString() != sent)
            {
                yield return Item("run", JsonSerializer.Serialize(RunView.Of(row, costs), Json.Options));
                (sent, lastSent) = (row.ETag.ToString(), time.GetUtcNow());
            }
            if (row is null || row.IsAtRest)
            {
                yield return Item("end", row is null ? "deleted" : "at rest");
                yield break;
            }
            if (time.GetUtcNow() - lastSent > KeepAlive)
            {
                yield return Item("alive", "");
                lastSent = time.GetUtcNow();
            }
            // A client that disconnects is not an error.
            await Task.Delay(Interval, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static SseItem<string> Item(string type, string data) => new(data, type) { ReconnectionInterval = Reconnect };
}
