using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using GanFunctions.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>Starts Azurite for an app, or uses one that is already running.</summary>
internal static class AzuriteStartup
{
    private const string PortSetting = "Azurite:Port";
    private const int DefaultPort = 10_000;
    private const int MaxPort = 65_533; // the two that follow are used as well

    /// <summary>
    /// If the app uses development storage: starts Azurite, or joins the one that other processes of the app use, and sets its connection
    /// string.
    /// </summary>
    /// <returns>
    /// An object that keeps Azurite running until it is disposed; null if the app uses a storage account or an external Azurite.
    /// </returns>
    /// <exception cref="InvalidOperationException">Azurite cannot be started; the message says what to do.</exception>
    public static async Task<IAsyncDisposable?> StartOrJoinAsync(IConfiguration configuration, ILogger logger, CancellationToken ct)
    {
        if (configuration[StorageConnection.Setting]?.TrimEnd(';') != "UseDevelopmentStorage=true") return null;

        var port = Port(configuration);
        var options = new AzuriteOptions
        {
            Location = Path.GetFullPath(configuration["Azurite:Location"] ?? AzuriteProgram.DefaultLocation),
            BlobPort = port,
            QueuePort = port + 1,
            TablePort = port + 2,
        };
        configuration[StorageConnection.Setting] = new AzuriteState(0, options.BlobPort, options.QueuePort, options.TablePort).ConnectionString;
        while (true)
        {
            if (await JoinAsync(options, logger, ct) is { } joined) return joined;
            if (await IsExternalRunningAsync(options, logger, ct)) return null;
            try
            {
                return await AzuriteProcess.StartAsync(options, logger, ct);
            }
            catch (InvalidOperationException) when (AzuriteState.FindRunning(options.Location) is not null)
            {
                // Another process started one first: join that.
            }
        }
    }

    /// <summary>Whether an Azurite that this app did not start listens on the ports.</summary>
    /// <exception cref="InvalidOperationException">Only some of the ports are in use; the message says what to do.</exception>
    public static async Task<bool> IsExternalRunningAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        List<int> taken = [], free = [];
        foreach (var port in options.Ports) (await AzuriteState.IsPortTakenAsync(port, ct) ? taken : free).Add(port);
        if (taken.Count > 0 && free.Count > 0)
        {
            throw new InvalidOperationException(
                $"On 127.0.0.1, {InWords(taken)} taken but {InWords(free)} not. "
                + "Run Azurite with its blob, queue and table services, or end the program that uses the port.");
        }
        if (free.Count == 0) AzuriteLog.UsingExternal(logger, options.BlobPort, options.QueuePort, options.TablePort);
        return free.Count == 0;
    }

    /// <summary>Joins the Azurite that uses the same folder. Waits while that one is starting or ending.</summary>
    /// <returns>A connection that keeps it running; null if there is none.</returns>
    /// <exception cref="InvalidOperationException">It uses other ports, or does not end within the start timeout.</exception>
    public static async Task<AzuriteConnection?> JoinAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        for (var isLogged = false; AzuriteState.FindRunning(options.Location) is { } other; await Task.Delay(50, ct))
        {
            if (await AzuriteConnection.TryOpenAsync(other, ct) is { } connection)
            {
                if ((other.Blob, other.Queue, other.Table) == (options.BlobPort, options.QueuePort, options.TablePort))
                {
                    AzuriteLog.Joined(logger, other.Pid, options.Location);
                    return connection;
                }
                await connection.DisposeAsync();
                throw new InvalidOperationException(
                    $"{options.Location} is in use by the Azurite of process {other.Pid}, on other ports. Set Azurite:Location to another folder.");
            }
            if (!isLogged) AzuriteLog.Waiting(logger, other.Pid, options.Location);
            isLogged = true;
            if (Stopwatch.GetElapsedTime(started) > options.StartTimeout)
            {
                throw new InvalidOperationException(
                    $"The Azurite of process {other.Pid} has not released {options.Location} after {options.StartTimeout.TotalSeconds} s. "
                    + "End that process and start again.");
            }
        }
        return null;
    }

    private static int Port(IConfiguration configuration)
    {
        if (configuration[PortSetting] is not { Length: > 0 } given) return DefaultPort;
        return int.TryParse(given, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= MaxPort
            ? port
            : throw new InvalidOperationException($"{PortSetting}: '{given}' is not valid; it must be a whole number from 1 to {MaxPort}.");
    }

    private static string InWords(List<int> ports) => ports is [var port] ? $"port {port} is" : $"ports {string.Join(" and ", ports)} are";
}

/// <summary>
/// Keeps the Azurite of another process running with a connection to its control port. The operating system closes the connection when this
/// process ends, for whatever reason. Azurite ends with the last process that uses it.
/// </summary>
internal sealed class AzuriteConnection : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private readonly TcpClient _connection;

    private AzuriteConnection(TcpClient connection) => _connection = connection;

    /// <summary>Connects; null if Azurite is still starting or already ending.</summary>
    public static async Task<AzuriteConnection?> TryOpenAsync(AzuriteState azurite, CancellationToken ct)
    {
        if (azurite.Control is not { } port) return null;
        var connection = new TcpClient();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(Timeout);
        try
        {
            await connection.ConnectAsync("127.0.0.1", port, timeout.Token);
            // Azurite confirms with one byte that it counts this process. Without that, the connection may only be in the backlog of one
            // that is ending.
            if (await connection.GetStream().ReadAsync(new byte[1], timeout.Token) == 1) return new AzuriteConnection(connection);
        }
        catch (Exception refusal) when (refusal is SocketException or IOException || (refusal is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The caller retries.
        }
        connection.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
