using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Small_pictures_beside_large_ones(App app)
{
    private const string Small = "api/runs/lanes/samples?count=1&scale=1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Do_not_wait_for_them()
    {
        await app.Http.TrainedAsync("lanes");
        var alone = await app.Http.GetByteArrayAsync(Small, Cancellation);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var large = Large(6, leave.Token);
        await Task.WhenAny(large); // the others are in the queue by now, and one of them works

        var beside = await app.Http.GetByteArrayAsync($"{Small}&columns=1", Cancellation);

        Assert.Contains(large, response => !response.IsCompleted);
        Assert.Equal(alone, beside);
        await leave.CancelAsync();
        await EndedAsync(large);
    }

    [Fact]
    public async Task Are_served_where_no_more_large_ones_can_wait()
    {
        await app.Http.TrainedAsync("lanes");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var large = Large(40, leave.Token);

        await Wait.UntilAsync(
            () => Task.FromResult(large.Any(response => response is { IsCompletedSuccessfully: true, Result.StatusCode: HttpStatusCode.ServiceUnavailable })),
            "a large request to be refused");

        using var refused = await large.First(response => response is { IsCompletedSuccessfully: true, Result.StatusCode: HttpStatusCode.ServiceUnavailable });
        Assert.Equal(TimeSpan.FromSeconds(30), refused.Headers.RetryAfter?.Delta);
        Assert.Equal("Too many requests are waiting.", (string)(await refused.ReadAsync())["title"]!);
        using (var small = await app.Http.GetAsync($"{Small}&seed=4", Cancellation)) Assert.Equal(HttpStatusCode.OK, small.StatusCode);

        // Clients that leave make room for others
        await leave.CancelAsync();
        await EndedAsync(large);
        await Wait.UntilAsync(async () =>
        {
            using var next = await app.Http.GetAsync("api/runs/lanes/walk?count=9&frames=8", Cancellation);
            return next.StatusCode == HttpStatusCode.OK;
        }, "the queue to be empty");
    }

    private List<Task<HttpResponseMessage>> Large(int count, CancellationToken leave) =>
        [.. Enumerable.Range(0, count).Select(number => app.Http.GetAsync($"api/runs/lanes/walk?count=16&frames=24&seeds=1,2,3,{number}", leave))];

    private static async Task EndedAsync(List<Task<HttpResponseMessage>> large)
    {
        foreach (var response in large) await response.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
