using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using GanFunctions.TestKit;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Tests.Azurite;

public sealed class An_Azurite_to_start : IDisposable
{
    private readonly LogRecorder _log = new();
    private readonly string _location = AzuriteFixture.NewFolder();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private AzuriteOptions FreePorts => new() { Location = _location, BlobPort = 0, QueuePort = 0, TablePort = 0 };

    public void Dispose() => Directory.Delete(_location, recursive: true);

    [Fact]
    public async Task Runs_in_parallel_to_another_one_on_free_ports()
    {
        await using var one = await AzuriteFixture.StartAsync();
        await using var two = await AzuriteFixture.StartAsync();

        await new BlobContainerClient(one.ConnectionString, "only-in-one").CreateAsync(cancellationToken: Ct);

        Assert.False(await new BlobContainerClient(two.ConnectionString, "only-in-one").ExistsAsync(Ct));
    }

    [Fact]
    public async Task Is_not_started_for_a_storage_account()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("AzureWebJobsStorage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net")])
            .Build();

        Assert.Null(await AzuriteStartup.StartOrJoinAsync(configuration, _log, Ct));
    }

    [Fact]
    public async Task Refuses_a_folder_that_another_one_uses()
    {
        await using var first = await AzuriteProcess.StartAsync(FreePorts, _log, Ct);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteProcess.StartAsync(FreePorts, _log, Ct));

        Assert.Contains($"{_location} is in use by the Azurite of process {first.Id}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ignores_the_lock_file_of_one_that_was_killed()
    {
        await File.WriteAllTextAsync(Path.Combine(_location, AzuriteState.FileName), """{"pid":1,"owner":1,"blob":10000,"queue":10001,"table":10002}""", Ct);

        await using var azurite = await AzuriteProcess.StartAsync(FreePorts, _log, Ct);

        Assert.NotEmpty(azurite.ConnectionString);
    }

    [Fact]
    public async Task Names_a_port_that_another_program_uses()
    {
        using var other = Listener();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => AzuriteProcess.StartAsync(FreePorts with { TablePort = PortOf(other) }, _log, Ct));

        Assert.Contains($"Port {PortOf(other)} of 127.0.0.1 is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_needed_when_all_ports_answer()
    {
        using var blobs = Listener();
        using var queues = Listener();
        using var tables = Listener();

        Assert.True(await AzuriteStartup.IsExternalRunningAsync(
            FreePorts with { BlobPort = PortOf(blobs), QueuePort = PortOf(queues), TablePort = PortOf(tables) }, _log, Ct));
        Assert.Contains(_log.Lines, line => line.Contains("already listens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_refused_when_only_some_ports_answer()
    {
        using var blobs = Listener();
        using var tables = Listener();
        var options = FreePorts with { BlobPort = PortOf(blobs), QueuePort = 1, TablePort = PortOf(tables) };

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteStartup.IsExternalRunningAsync(options, _log, Ct));

        Assert.Contains($"On 127.0.0.1, ports {options.BlobPort} and {options.TablePort} are taken but port 1 is not", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_shared_with_another_process_and_outlives_the_one_that_started_it()
    {
        using var other = await AzuriteOfAnotherApp.StartAsync(_location);
        var options = PortsOf(other.Azurite);

        var hold = await AzuriteStartup.JoinAsync(options, _log, Ct);
        Assert.NotNull(hold);
        await other.KillAppAsync();
        await new BlobContainerClient(other.Azurite.ConnectionString, "still-there").CreateAsync(cancellationToken: Ct);

        await hold.DisposeAsync();
        await other.UntilAzuriteEndedAsync();
    }

    [Fact]
    public async Task Waits_for_the_one_of_a_killed_app_to_finish()
    {
        using var other = await AzuriteOfAnotherApp.StartAsync(_location);
        UnixSignal.Send(other.Azurite.Pid, UnixSignal.Stop);
        await other.KillAppAsync();

        var joining = AzuriteStartup.JoinAsync(PortsOf(other.Azurite), _log, Ct);
        await Wait.UntilAsync(() => _log.Lines.Any(line => line.Contains("waiting for it", StringComparison.Ordinal)), "the log entry");
        Assert.False(joining.IsCompleted);
        UnixSignal.Send(other.Azurite.Pid, UnixSignal.Continue);

        if (await joining is { } hold) await hold.DisposeAsync(); // it may have counted this process before it noticed that its app is gone
        await other.UntilAzuriteEndedAsync();
    }

    [Fact]
    public async Task Keeps_running_when_the_process_that_started_it_stops_before_another()
    {
        var azurite = await AzuriteProcess.StartAsync(FreePorts, _log, Ct);
        var connection = azurite.ConnectionString;
        var hold = await AzuriteStartup.JoinAsync(azurite.Options, _log, Ct);
        await azurite.DisposeAsync();

        await new BlobContainerClient(connection, "still-there").CreateAsync(cancellationToken: Ct);
        Assert.Contains(_log.Lines, line => line.Contains("keeps running for the other processes", StringComparison.Ordinal));
        var pid = AzuriteState.FindRunning(_location)!.Pid;
        await hold!.DisposeAsync();
        await Wait.UntilAsync(() => !UnixSignal.IsAlive(pid), "Azurite to end");
    }

    private AzuriteOptions PortsOf(AzuriteState azurite) =>
        FreePorts with { BlobPort = azurite.Blob!.Value, QueuePort = azurite.Queue!.Value, TablePort = azurite.Table!.Value };

    private static TcpListener Listener()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
