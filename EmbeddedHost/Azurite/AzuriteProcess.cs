using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>Options of an <see cref="AzuriteProcess"/>. Port 0 selects a free port.</summary>
public sealed record AzuriteOptions
{
    /// <summary>The data folder, which is created if it does not exist. Only one Azurite at a time can use it.</summary>
    public required string Location { get; init; }

    /// <summary>Port of the blob service on 127.0.0.1.</summary>
    public int BlobPort { get; init; } = 10000;

    /// <summary>Port of the queue service on 127.0.0.1.</summary>
    public int QueuePort { get; init; } = 10001;

    /// <summary>Port of the table service on 127.0.0.1.</summary>
    public int TablePort { get; init; } = 10002;

    internal int[] Ports => [BlobPort, QueuePort, TablePort];

    /// <summary>
    /// A certificate and its key, as PEM files. With them Azurite uses HTTPS, and accepts Microsoft Entra tokens instead of account keys.
    /// </summary>
    public (string Certificate, string Key)? Tls { get; init; }

    /// <summary>Time limit for the start, including the wait for an earlier Azurite to release the folder.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time limit for a graceful shutdown, in which all data is written to disk. After that the process is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>
/// Azurite, the storage emulator, as a child process. It ignores Ctrl+C. It ends when this process and all others that joined it have ended,
/// for whatever reason; by then every acknowledged write is on disk.
/// </summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    private const string StillInUse = "still in use"; // printed by azurite.mjs if other processes use it

    private readonly Process _process;
    private readonly ILogger _logger;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<AzuriteState> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leftRunning = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _outputs = Task.CompletedTask;
    private int _disposed;

    private AzuriteProcess(AzuriteOptions options, ILogger logger)
    {
        (Options, _logger) = (options, logger);
        _process = new Process { StartInfo = AzuriteProgram.StartInfo(options), EnableRaisingEvents = true };
    }

    /// <summary>The connection string for Azure Storage clients.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Process id of azurite.mjs.</summary>
    public int Id => _process.Id;

    /// <summary>The options, with the actual port in place of port 0.</summary>
    public AzuriteOptions Options { get; private set; }

    /// <summary>Starts Azurite and returns when it is ready.</summary>
    /// <exception cref="InvalidOperationException">Azurite cannot be started; the message says what to do.</exception>
    public static async Task<AzuriteProcess> StartAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var azurite = new AzuriteProcess(options, logger);
        try
        {
            await azurite.StartAsync(ct);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync(CancellationToken ct)
    {
        _process.Exited += (_, _) => _ = OnExitedAsync();
        try
        {
            _process.Start();
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException(
                "Azurite needs Node.js 20 or later, but 'node' is not on the PATH. Install Node.js, or set AzureWebJobsStorage to a storage account.");
        }
        _outputs = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
        try
        {
            var state = await _ready.Task.WaitAsync(Options.StartTimeout, ct);
            ConnectionString = state.ConnectionString;
            Options = Options with { BlobPort = state.Blob!.Value, QueuePort = state.Queue!.Value, TablePort = state.Table!.Value };
            AzuriteLog.Ready(_logger, state.Pid, state.Blob, state.Queue, state.Table, Options.Location);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"Azurite was not ready after {Options.StartTimeout.TotalSeconds} s. Error output: {Errors()}");
        }
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == StillInUse) _leftRunning.TrySetResult();
            else if (line.StartsWith('{') && AzuriteState.Parse(line) is { } state) _ready.TrySetResult(state);
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors) _errors.AppendLine(line).Remove(0, Math.Max(0, _errors.Length - 10_000));
        }
    }

    private async Task OnExitedAsync()
    {
        await _outputs;
        if (!_ready.TrySetException(new InvalidOperationException($"Azurite did not start: {Reason()}")) && _disposed == 0)
        {
            AzuriteLog.Exited(_logger, _process.Id, _process.ExitCode, Errors());
        }
    }

    // Node.js prints the line of code first, and a stack trace after the error.
    private string Reason()
    {
        var lines = Errors().Split('\n', StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => line.Contains("Error:", StringComparison.Ordinal)) ?? lines[^1];
    }

    private string Errors()
    {
        lock (_errors) return _errors.Length == 0 ? "none" : _errors.ToString().Trim();
    }

    /// <summary>
    /// Ends Azurite after it has written all data to disk, unless other processes use it. Call this after the last write of this process.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        if (_outputs != Task.CompletedTask) await StopAsync();
        _process.Dispose();
    }

    private async Task StopAsync()
    {
        _process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Options.StopTimeout);
        try
        {
            if (await Task.WhenAny(_process.WaitForExitAsync(timeout.Token), _leftRunning.Task) == _leftRunning.Task)
            {
                AzuriteLog.LeftRunning(_logger, _process.Id);
                return;
            }
            timeout.Token.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            AzuriteLog.Killed(_logger, _process.Id, Options.StopTimeout.TotalSeconds);
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        await _outputs;
    }
}

/// <summary>Where the build installed azurite.mjs and its packages, and how to run it.</summary>
internal static class AzuriteProgram
{
    /// <summary>Default data folder: <c>.azurite</c> in the root of the repository.</summary>
    public static string DefaultLocation => Metadata("AzuriteLocation");

    private static string Folder => Metadata("AzuriteFolder");

    /// <summary>How to start azurite.mjs.</summary>
    /// <exception cref="InvalidOperationException">The packages of azurite.mjs are not installed.</exception>
    public static ProcessStartInfo StartInfo(AzuriteOptions options)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "azurite")))
        {
            throw new InvalidOperationException(
                $"Azurite is not installed in {Folder}. Build EmbeddedHost without -p:InstallAzurite=false, or run 'npm ci' there, " +
                "or start Azurite yourself, or set AzureWebJobsStorage to a storage account.");
        }
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["azurite.mjs",
            "--location", options.Location, "--blobPort", Text(options.BlobPort),
            "--queuePort", Text(options.QueuePort), "--tablePort", Text(options.TablePort)])
        {
            start.ArgumentList.Add(argument);
        }
        if (options.Tls is var (certificate, key))
        {
            foreach (var argument in (string[])["--certificate", certificate, "--key", key]) start.ArgumentList.Add(argument);
        }
        // An editor may set it to attach its debugger to every Node.js process.
        start.Environment.Remove("NODE_OPTIONS");
        return start;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Metadata(string key) =>
        typeof(AzuriteProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
