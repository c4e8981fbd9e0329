using System.Text.Json;
using Azure.Storage.Queues;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class A_queue_message
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_passed_to_the_function_of_its_queue_and_is_deleted_when_that_returns()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var host = await TestHost.StartAsync(azurite);
        var queue = await QueueAsync(azurite);
        string[] names = [.. Enumerable.Range(0, 5).Select(_ => Guid.NewGuid().ToString())];
        foreach (var name in names) await SendAsync(queue, new Greeting(name, 1));

        await host.UntilAsync(() => names.All(name => Seen.Of(name).Contains("ended")), "all messages");
        await host.UntilAsync(async () => (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount == 0, "an empty queue");
        Assert.All(names, name => Assert.Equal(["began", "ended"], Seen.Of(name)));
    }

    [Fact]
    public async Task Whose_function_fails_stays_in_the_queue_and_the_next_one_is_processed()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var host = await TestHost.StartAsync(azurite);
        var queue = await QueueAsync(azurite);
        var (bad, good) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await SendAsync(queue, new Greeting(bad, QueueFunctions.Broken));
        await SendAsync(queue, new Greeting(good, 1));

        await host.UntilAsync(() => Seen.Of(good).Contains("ended"), "the good message");
        Assert.Contains(host.Log.Lines, line => line.Contains("Function Greet failed (attempt 1)", StringComparison.Ordinal));
        await host.UntilAsync(async () => (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount == 1, "only the bad message to remain");
    }

    [Fact]
    public async Task That_is_being_processed_when_the_host_stops_is_processed_after_the_next_start()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var queue = await QueueAsync(azurite);
        var name = Guid.NewGuid().ToString();
        await using (var first = await TestHost.StartAsync(azurite))
        {
            await SendAsync(queue, new Greeting(name, QueueFunctions.Waiting));
            await first.UntilAsync(() => Seen.Of(name).Contains("began"), "the function");
        }
        Assert.DoesNotContain("ended", Seen.Of(name));
        Gates.OfAllHosts.Open(name);

        await using var second = await TestHost.StartAsync(azurite);
        await second.UntilAsync(() => Seen.Of(name).Contains("ended"), "the function to run again");
    }

    private static async Task<QueueClient> QueueAsync(AzuriteFixture azurite)
    {
        var queue = new QueueClient(azurite.ConnectionString, QueueFunctions.Queue);
        await queue.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        return queue;
    }

    private static Task SendAsync(QueueClient queue, Greeting greeting) =>
        queue.SendMessageAsync(JsonSerializer.Serialize(greeting, JsonSerializerOptions.Web), Cancellation);
}
