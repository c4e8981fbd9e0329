using System.Net.Sockets;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>
/// Keeps the Azurite of another process running: a connection to its control port, which the operating system closes when this process ends, however
/// that happens. Azurite ends with the last process that uses it.
/// </summary>
internal sealed class AzuriteHold : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly TcpClient _connection;

    private AzuriteHold(TcpClient connection) => _connection = connection;

    /// <summary>Null when it is still starting, or already ending.</summary>
    public static async Task<AzuriteHold?> TryTakeAsync(AzuriteState azurite, CancellationToken ct)
    {
        if (azurite.Control is not { } port) return null;
        var connection = new TcpClient();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        enough.CancelAfter(Patience);
        try
        {
            await connection.ConnectAsync("127.0.0.1", port, enough.Token).ConfigureAwait(false);
            // One byte says that it counts this process; a connection alone may only wait in the queue of one that ends.
            if (await connection.GetStream().ReadAsync(new byte[1], enough.Token).ConfigureAwait(false) == 1) return new AzuriteHold(connection);
        }
        catch (Exception refusal) when (refusal is SocketException or IOException || (refusal is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The caller looks again.
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
