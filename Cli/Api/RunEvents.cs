using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Api;

/// <summary>The changes of a run, from the app's event stream.</summary>
/// <param name="api">The app.</param>
/// <param name="time">Waits between two attempts to connect.</param>
public sealed class RunEvents(AppClient api, TimeProvider time)
{
    private const int MaxAttempts = 60; // in a row, two minutes: as long as a restart of the app or a new deployment takes
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(60); // the app sends an event every 15 s at least

    /// <summary>Follows a run until it is at rest. Reconnects when the stream ends, as it does every three minutes, and when it fails.</summary>
    /// <exception cref="RefusedException">There is no such run, or no longer.</exception>
    /// <exception cref="UnreachableException">The app does not answer.</exception>
    public async IAsyncEnumerable<JsonObject> FollowAsync(string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? last = null;
        for (var failures = 0; ; await Task.Delay(Pause, time, cancellation))
        {
            await using var events = ReadAsync(run, cancellation).GetAsyncEnumerator(cancellation);
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync()) break;
                    failures = 0;
                }
                catch (Exception lost) when (IsPassing(lost, cancellation) && last is not null && ++failures < MaxAttempts)
                {
                    break;
                }
                if (events.Current.EventType == "end") yield break;
                if (events.Current.EventType != "run" || events.Current.Data == last) continue;
                last = events.Current.Data;
                yield return JsonNode.Parse(last)!.AsObject();
            }
        }
    }

    private async IAsyncEnumerable<SseItem<string>> ReadAsync(string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(MaxSilence);
        using var response = await api.OpenAsync($"api/runs/{run}/events", silence.Token);
        await using var stream = await response.Content.ReadAsStreamAsync(silence.Token);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(silence.Token))
        {
            silence.CancelAfter(MaxSilence);
            yield return item;
        }
    }

    // Neither a refusal nor the user's Ctrl+C.
    private static bool IsPassing(Exception failure, CancellationToken cancellation) =>
        !cancellation.IsCancellationRequested
        && (failure is UnreachableException or HttpRequestException or IOException or OperationCanceledException
            || failure is RefusedException { Status: >= System.Net.HttpStatusCode.InternalServerError });
}
