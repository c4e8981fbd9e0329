using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// What a running azurite.mjs says of itself, on its standard output and in its data folder: its process, the app it belongs
/// to, and its ports (null while it starts).
/// </summary>
internal sealed record AzuriteState(int Pid, int Owner, int? Blob, int? Queue, int? Table)
{
    public const string FileName = "azurite.pid.json";

    private const string Account = "devstoreaccount1";

    // The key of every Azurite, as its documentation prints it.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{Blob}/{Account};" +
        $"QueueEndpoint=http://127.0.0.1:{Queue}/{Account};TableEndpoint=http://127.0.0.1:{Table}/{Account};";

    public static AzuriteState? Parse(string json) => JsonSerializer.Deserialize<AzuriteState>(json, JsonSerializerOptions.Web);

    /// <summary>The Azurite that is alive over a data folder; null if there is none, or only what a dead one left behind.</summary>
    public static AzuriteState? OfLiving(string location)
    {
        try
        {
            var state = Parse(File.ReadAllText(Path.Combine(location, FileName)));
            return state is not null && IsAlive(state.Pid, "azurite.mjs") ? state : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it serves a living app, rather than writing down what a dead one left it with.</summary>
    public async Task<bool> IsServingAsync(CancellationToken ct) =>
        IsAlive(Owner, "") && Blob is { } blob && Table is { } table && await IsTakenAsync(blob, ct) && await IsTakenAsync(table, ct);

    public static async Task<bool> IsTakenAsync(int port, CancellationToken ct)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, ct).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsAlive(int pid, string argument)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Empty for a process that is dead and not yet buried.
                var commandLine = File.ReadAllText($"/proc/{pid}/cmdline");
                return commandLine.Length > 0 && commandLine.Contains(argument, StringComparison.Ordinal);
            }
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && (argument.Length == 0 || process.ProcessName.StartsWith("node", StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }
}
