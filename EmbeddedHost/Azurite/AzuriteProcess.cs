using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>
/// Azurite, the storage emulator, as a child process. It ignores Ctrl+C and ends, with every write it acknowledged on disk, when this process and all
/// others that joined it have ended, however they end.
/// </summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    private const string GoesOn = "goes on"; // what azurite.mjs says when others still use it

    private readonly Process _process;
    private readonly ILogger _logger;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<AzuriteState> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leftToOthers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _outputs = Task.CompletedTask;
    private int _disposed;

    private AzuriteProcess(AzuriteOptions options, ILogger logger)
    {
        (Options, _logger) = (options, logger);
        _process = new Process { StartInfo = AzuriteProgram.StartInfo(options), EnableRaisingEvents = true };
    }

    /// <summary>For the clients of Azure Storage, with the ports it listens at.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>The process id of azurite.mjs.</summary>
    public int Id => _process.Id;

    /// <summary>As given, with the ports it listens at where a free one was asked for.</summary>
    public AzuriteOptions Options { get; private set; }

    /// <summary>Starts Azurite and returns when it answers.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started; the message says what to do.</exception>
    public static async Task<AzuriteProcess> StartAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var azurite = new AzuriteProcess(options, logger);
        try
        {
            await azurite.StartAsync(ct).ConfigureAwait(false);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync().ConfigureAwait(false);
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
            throw new InvalidOperationException("Azurite needs Node.js 20 or later: 'node' is not on the PATH. Install it, or set AzureWebJobsStorage to a storage account.");
        }
        _outputs = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
        try
        {
            var state = await _ready.Task.WaitAsync(Options.StartTimeout, ct).ConfigureAwait(false);
            ConnectionString = state.ConnectionString;
            Options = Options with { BlobPort = state.Blob!.Value, QueuePort = state.Queue!.Value, TablePort = state.Table!.Value };
            AzuriteLog.Ready(_logger, state.Pid, state.Blob, state.Queue, state.Table, Options.Location);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"Azurite was not ready after {Options.StartTimeout.TotalSeconds} s. It said: {Errors()}");
        }
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line == GoesOn) _leftToOthers.TrySetResult();
            else if (line.StartsWith('{') && AzuriteState.Parse(line) is { } state) _ready.TrySetResult(state);
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_errors) _errors.AppendLine(line).Remove(0, Math.Max(0, _errors.Length - 10_000));
        }
    }

    private async Task OnExitedAsync()
    {
        await _outputs.ConfigureAwait(false);
        if (!_ready.TrySetException(new InvalidOperationException($"Azurite did not start. It said: {Errors()}")) && _disposed == 0)
        {
            AzuriteLog.Died(_logger, _process.Id, _process.ExitCode, Errors());
        }
    }

    private string Errors()
    {
        lock (_errors) return _errors.Length == 0 ? "nothing" : _errors.ToString().Trim();
    }

    /// <summary>Has it write everything down and end, unless other processes use it. Call it when this process writes nothing any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        if (_outputs != Task.CompletedTask) await EndAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task EndAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Options.StopTimeout);
        try
        {
            if (await Task.WhenAny(_process.WaitForExitAsync(patience.Token), _leftToOthers.Task).ConfigureAwait(false) == _leftToOthers.Task)
            {
                AzuriteLog.LeftToOthers(_logger, _process.Id);
                return;
            }
            patience.Token.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            AzuriteLog.Killed(_logger, _process.Id, Options.StopTimeout.TotalSeconds);
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        await _outputs.ConfigureAwait(false);
    }
}
