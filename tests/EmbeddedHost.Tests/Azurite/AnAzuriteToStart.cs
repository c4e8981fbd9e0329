using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using GanFunctions.TestKit;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Tests.Azurite;

public sealed class AnAzuriteToStart : IDisposable
{
    private readonly LogRecorder _log = new();
    private readonly string _location = Directory.CreateTempSubdirectory("gan-azurite-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private AzuriteOptions FreePorts => new() { Location = _location, BlobPort = 0, QueuePort = 0, TablePort = 0 };

    public void Dispose() => Directory.Delete(_location, recursive: true);

    [Fact]
    public async Task Runs_beside_another_one_on_free_ports()
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

        Assert.Null(await AzuriteProcess.StartIfNeededAsync(configuration, _log, Ct));
    }

    [Fact]
    public async Task Refuses_a_folder_that_another_one_uses()
    {
        await using var first = await AzuriteProcess.StartAsync(FreePorts, _log, Ct);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteProcess.StartAsync(FreePorts, _log, Ct));

        Assert.Contains($"{_location} is in use by the Azurite of process {first.Id}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Starts_over_what_a_killed_one_left_behind()
    {
        await File.WriteAllTextAsync(Path.Combine(_location, AzuriteState.FileName), """{"pid":1,"owner":1,"blob":10000,"queue":10001,"table":10002}""", Ct);

        await using var azurite = await AzuriteProcess.StartAsync(FreePorts, _log, Ct);

        Assert.NotEmpty(azurite.ConnectionString);
    }

    [Fact]
    public async Task Names_the_port_that_another_program_has()
    {
        using var other = Listener();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteProcess.StartAsync(FreePorts with { TablePort = PortOf(other) }, _log, Ct));

        Assert.Contains($"Port {PortOf(other)} of 127.0.0.1 is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_needed_when_both_ports_answer()
    {
        using var blobs = Listener();
        using var tables = Listener();

        Assert.True(await AzuriteChoice.IsOneRunningAsync(FreePorts with { BlobPort = PortOf(blobs), TablePort = PortOf(tables) }, _log, Ct));
        Assert.Contains(_log.Lines, line => line.Contains("already listens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_refused_when_only_one_port_answers()
    {
        using var blobs = Listener();
        var options = FreePorts with { BlobPort = PortOf(blobs), TablePort = 1 };

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteChoice.IsOneRunningAsync(options, _log, Ct));

        Assert.Contains($"Port {options.BlobPort} of 127.0.0.1 is taken but port 1 is not", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_needed_when_a_living_app_has_one()
    {
        using var other = await AzuriteOfAnotherApp.StartAsync(_location);
        var options = FreePorts with { BlobPort = other.Azurite.Blob!.Value, TablePort = other.Azurite.Table!.Value };

        Assert.True(await AzuriteChoice.IsOneRunningAsync(options, _log, Ct));
        Assert.Contains(_log.Lines, line => line.Contains($"another app (process {other.Azurite.Owner})", StringComparison.Ordinal));

        await other.KillAppAsync();
        await other.UntilAzuriteEndedAsync();
    }

    [Fact]
    public async Task Waits_for_the_one_of_a_killed_app_to_finish()
    {
        using var other = await AzuriteOfAnotherApp.StartAsync(_location);
        var options = FreePorts with { BlobPort = other.Azurite.Blob!.Value, TablePort = other.Azurite.Table!.Value };
        UnixSignal.Send(other.Azurite.Pid, UnixSignal.Stop);
        await other.KillAppAsync();

        var running = AzuriteChoice.IsOneRunningAsync(options, _log, Ct);
        await Wait.UntilAsync(() => _log.Lines.Any(line => line.Contains("waiting for it to finish", StringComparison.Ordinal)), "the log entry");
        Assert.False(running.IsCompleted);
        UnixSignal.Send(other.Azurite.Pid, UnixSignal.Continue);

        Assert.False(await running);
        Assert.False(UnixSignal.IsAlive(other.Azurite.Pid));
    }

    private static TcpListener Listener()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
