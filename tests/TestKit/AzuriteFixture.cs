using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using GanFunctions.EmbeddedHost.Azurite;
using Xunit;

namespace GanFunctions.TestKit;

/// <summary>
/// A real Azurite on free ports with a folder of its own, which is deleted with it; folders of test processes that were killed are deleted by
/// the next one, because each can hold gigabytes. To share one among all tests of a project:
/// <c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c>, then take it as a constructor parameter. With GANFUNCTIONS_MUTATION the shared one runs
/// until its process ends, because mutation testing runs the tests of a process again and again.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private const string Prefix = "gan-azurite-";
    private static readonly bool KeepsShared = Environment.GetEnvironmentVariable("GANFUNCTIONS_MUTATION") is not null;
    private static readonly Lazy<Task<AzuriteFixture>> Kept = new(() => StartAsync());

    private AzuriteProcess? _azurite;
    private bool _isKept;

    static AzuriteFixture()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out var process) && !IsRunning(process))
            {
                try
                {
                    Directory.Delete(folder, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another test process is deleting it, or it is another user's.
                }
            }
        }
    }

    /// <summary>The data folder, which is deleted in the end.</summary>
    public string Location { get => field ??= NewFolder(); init; }

    /// <summary>The log of its start and end.</summary>
    public LogRecorder Log { get; } = new();

    public string ConnectionString => Azurite.ConnectionString;

    /// <summary>The process itself.</summary>
    public AzuriteProcess Azurite => _azurite ?? throw new InvalidOperationException("InitializeAsync has not been called");

    public BlobServiceClient Blobs() => new(ConnectionString);

    public TableServiceClient Tables() => new(ConnectionString);

    /// <summary>A certificate and its key, as PEM files; with them, it accepts Microsoft Entra tokens instead of the account key.</summary>
    public (string Certificate, string Key)? Tls { get; init; }

    /// <summary>Creates a temporary folder that the next test process deletes if this one cannot.</summary>
    public static string NewFolder() => Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId}-").FullName;

    /// <summary>Starts one for a single test.</summary>
    public static async Task<AzuriteFixture> StartAsync((string Certificate, string Key)? tls = null)
    {
        var fixture = new AzuriteFixture { Tls = tls };
        fixture._azurite = await fixture.StartProcessAsync();
        return fixture;
    }

    public async ValueTask InitializeAsync()
    {
        _isKept = KeepsShared;
        _azurite = KeepsShared ? (await Kept.Value).Azurite : await StartProcessAsync();
    }

    /// <summary>Shuts it down gracefully and starts it again with the same data on the same ports.</summary>
    /// <param name="meanwhile">Is called while it does not run.</param>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        var options = Azurite.Options;
        await Azurite.DisposeAsync();
        meanwhile?.Invoke();
        _azurite = await AzuriteProcess.StartAsync(options, Log, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isKept) return;
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }
        Directory.Delete(Location, recursive: true);
    }

    private Task<AzuriteProcess> StartProcessAsync() => AzuriteProcess.StartAsync(
        new AzuriteOptions { Location = Location, BlobPort = 0, QueuePort = 0, TablePort = 0, Tls = Tls }, Log, CancellationToken.None);

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
