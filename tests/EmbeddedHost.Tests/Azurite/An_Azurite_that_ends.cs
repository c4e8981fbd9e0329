using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests.Azurite;

public class An_Azurite_that_ends
{
    private const int Writes = 200;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Has_everything_on_disk_that_it_acknowledged_while_a_keep_alive_connection_is_open()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var idle = await KeepAliveConnectionAsync(azurite.Azurite.Options.BlobPort);
        await WriteAsync(azurite.ConnectionString);

        await azurite.RestartAsync();

        Assert.Equal((Writes, Writes), await CountAsync(azurite.ConnectionString));
        Assert.DoesNotContain(azurite.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refuses_or_keeps_every_write_at_that_moment()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var client = new TableClient(azurite.ConnectionString, "entities", new TableClientOptions { Retry = { MaxRetries = 0 } });
        await client.CreateAsync(Ct);
        var acknowledged = new ConcurrentBag<string>();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var row = 0; ; row++)
            {
                await client.AddEntityAsync(new TableEntity($"{writer}", $"{row}"), Ct);
                acknowledged.Add($"{writer}/{row}");
            }
        }, Ct)).ToArray();
        await Wait.UntilAsync(() => acknowledged.Count > Writes, "the first writes");

        await azurite.RestartAsync();

        foreach (var writer in writers)
        {
            await Assert.ThrowsAnyAsync<RequestFailedException>(() => writer);
        }
        var kept = await client.QueryAsync<TableEntity>(cancellationToken: Ct)
            .Select(row => $"{row.PartitionKey}/{row.RowKey}").ToHashSetAsync(StringComparer.Ordinal, Ct);
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(kept));
    }

    [Fact]
    public async Task Because_its_app_was_killed_has_everything_on_disk_too()
    {
        var location = AzuriteFixture.NewFolder();
        using var other = await AzuriteOfAnotherApp.StartAsync(location);
        await WriteAsync(other.Azurite.ConnectionString);

        await other.KillAppAsync();

        await other.UntilAzuriteEndedAsync();
        Assert.False(File.Exists(Path.Combine(location, AzuriteState.FileName)));
        await using (var azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions { Location = location, BlobPort = 0, QueuePort = 0, TablePort = 0 }, new LogRecorder(), Ct))
        {
            Assert.Equal((Writes, Writes), await CountAsync(azurite.ConnectionString));
        }
        Directory.Delete(location, recursive: true);
    }

    [Fact]
    public async Task Because_it_was_killed_has_all_its_services_on_disk_as_they_were_at_one_moment()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var table = new TableClient(azurite.ConnectionString, "entities");
        var queue = new QueueClient(azurite.ConnectionString, "messages");
        var container = new BlobContainerClient(azurite.ConnectionString, "blobs");
        await Task.WhenAll(table.CreateAsync(Ct), queue.CreateAsync(cancellationToken: Ct), container.CreateAsync(cancellationToken: Ct));
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writer = Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                await table.SubmitTransactionAsync(
                    Enumerable.Range(0, 5).Select(row => new TableTransactionAction(TableTransactionActionType.Add, new TableEntity($"{i}", $"{row}"))), stopped.Token);
                await queue.SendMessageAsync($"{i}", stopped.Token);
                await container.UploadBlobAsync($"{i}", BinaryData.FromString($"blob {i}"), stopped.Token);
            }
        }, Ct);
        var database = Path.Combine(azurite.Location, "__azurite_db_blob__.json");
        await Wait.UntilAsync(() => File.ReadAllText(database).Contains("\"1\"", StringComparison.Ordinal), "a save");

        UnixSignal.Send(azurite.Azurite.Id, UnixSignal.Kill);
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => writer);
        await azurite.RestartAsync();

        var (blobs, entities) = await CountAsync(azurite.ConnectionString);
        var messages = (await queue.GetPropertiesAsync(Ct)).Value.ApproximateMessagesCount;
        Assert.InRange(blobs, 1, int.MaxValue);
        Assert.InRange(messages, blobs, blobs + 1);
        Assert.Equal(0, entities % 5);
        Assert.InRange(entities / 5, messages, blobs + 1);
    }

    [Fact]
    public async Task In_the_middle_of_a_save_completes_it_at_the_next_start()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await WriteAsync(azurite.ConnectionString);

        await azurite.RestartAsync(() =>
        {
            var databases = Directory.GetFiles(azurite.Location, "__azurite_db_*__.json");
            foreach (var database in databases) File.Move(database, database + ".new");
            File.WriteAllText(Path.Combine(azurite.Location, "azurite.save.json"), JsonSerializer.Serialize(databases.Select(Path.GetFileName)));
        });

        Assert.Equal((Writes, Writes), await CountAsync(azurite.ConnectionString));
    }

    [Theory]
    [InlineData(UnixSignal.Interrupt)]
    [InlineData(UnixSignal.Terminate)]
    public async Task Ignores_signals_that_are_meant_for_the_app(int signal)
    {
        await using var azurite = await AzuriteFixture.StartAsync();

        UnixSignal.Send(azurite.Azurite.Id, signal);

        await WriteAsync(azurite.ConnectionString);
        Assert.Equal((Writes, Writes), await CountAsync(azurite.ConnectionString));
    }

    [Fact]
    public async Task Unexpectedly_is_logged()
    {
        await using var azurite = await AzuriteFixture.StartAsync();

        UnixSignal.Send(azurite.Azurite.Id, UnixSignal.Kill);

        await Wait.UntilAsync(() => azurite.Log.Lines.Any(line => line.StartsWith("Critical", StringComparison.Ordinal)), "the log entry");
    }

    private static async Task WriteAsync(string connectionString)
    {
        var container = new BlobContainerClient(connectionString, "blobs");
        var table = new TableClient(connectionString, "entities");
        await Task.WhenAll(container.CreateAsync(cancellationToken: Ct), table.CreateAsync(Ct));
        await Parallel.ForAsync(0, Writes, Ct, async (index, ct) =>
        {
            await container.UploadBlobAsync($"{index}", BinaryData.FromString($"blob {index}"), ct);
            await table.AddEntityAsync(new TableEntity("rows", $"{index}"), ct);
        });
    }

    /// <summary>The number of complete blobs and of entities.</summary>
    private static async Task<(int Blobs, int Entities)> CountAsync(string connectionString)
    {
        var container = new BlobContainerClient(connectionString, "blobs");
        var blobs = 0;
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: Ct))
        {
            Assert.Equal($"blob {blob.Name}", (await container.GetBlobClient(blob.Name).DownloadContentAsync(Ct)).Value.Content.ToString());
            blobs++;
        }
        return (blobs, await new TableClient(connectionString, "entities").QueryAsync<TableEntity>(cancellationToken: Ct).CountAsync(Ct));
    }

    private static async Task<NetworkStream> KeepAliveConnectionAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, Ct);
        var connection = new NetworkStream(socket, ownsSocket: true);
        await connection.WriteAsync(Encoding.ASCII.GetBytes("GET /devstoreaccount1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n"), Ct);
        Assert.NotEqual(0, await connection.ReadAsync(new byte[1], Ct));
        return connection;
    }
}
