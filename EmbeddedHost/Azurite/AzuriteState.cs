using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>
/// The state of a running azurite.mjs, which it prints and stores in its data folder: its process id, the ports of its services, and the
/// control port that other processes of the app connect to. Ports are null while it is starting.
/// </summary>
internal sealed record AzuriteState(int Pid, int? Blob, int? Queue, int? Table, int? Control = null)
{
    public const string FileName = "azurite.pid.json";

    private const string Account = "devstoreaccount1";

    // The well-known account key of Azurite, which its documentation publishes.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{Blob}/{Account};" +
        $"QueueEndpoint=http://127.0.0.1:{Queue}/{Account};TableEndpoint=http://127.0.0.1:{Table}/{Account};";

    public static AzuriteState? Parse(string json) => JsonSerializer.Deserialize<AzuriteState>(json, JsonSerializerOptions.Web);

    /// <summary>The Azurite that is using a data folder; null if there is none. A file that a killed one left behind is ignored.</summary>
    public static AzuriteState? FindRunning(string location)
    {
        try
        {
            var state = Parse(File.ReadAllText(Path.Combine(location, FileName)));
            return state is not null && IsAlive(state.Pid) ? state : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public static async Task<bool> IsPortTakenAsync(int port, CancellationToken ct)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // The command line of a zombie process is empty.
            if (OperatingSystem.IsLinux()) return File.ReadAllText($"/proc/{pid}/cmdline").Contains("azurite.mjs", StringComparison.Ordinal);
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && process.ProcessName.StartsWith("node", StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }
}
