using System.Collections.Concurrent;
using System.Diagnostics;

namespace GanFunctions.TestKit;

/// <summary>A line of an app's output and its time since the app's start.</summary>
public sealed record OutputLine(TimeSpan At, string Text);

/// <summary>A .NET app as a child process: its output, its address, and two ways to end it.</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<OutputLine> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Lazy<HttpClient> _client;

    private AppProcess(ProcessStartInfo start)
    {
        _client = new(() => new HttpClient { BaseAddress = new Uri(Address() ?? throw new InvalidOperationException($"The app is not listening.\n{Output}")) });
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) _errors.Enqueue(line.Data);
            Add(line.Data);
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Its standard output and standard error so far, in order of arrival.</summary>
    public IReadOnlyCollection<OutputLine> Lines => _lines;

    /// <summary>Its standard error so far.</summary>
    public string Errors => string.Join('\n', _errors);

    public string Output => string.Join('\n', _lines.Select(line => $"{line.At.TotalSeconds,8:0.000} {line.Text}"));

    public bool HasExited => _process.HasExited;

    /// <summary>A client for the address that it listens on. Call <see cref="WaitUntilListeningAsync"/> first.</summary>
    public HttpClient Client => _client.Value;

    /// <param name="dll">Path of the app's assembly.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables to set, or with null to remove.</param>
    /// <param name="folder">Its working directory; by default the folder of the assembly.</param>
    public static AppProcess Start(string dll, IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string?>? environment = null,
        string? folder = null)
    {
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments ?? []])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetDirectoryName(dll)!,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }
        return new AppProcess(start);
    }

    /// <exception cref="TimeoutException">No such line appeared in time; the message contains the output.</exception>
    /// <exception cref="InvalidOperationException">The app ended without such a line.</exception>
    public async Task<OutputLine> WaitForLineAsync(Func<string, bool> predicate, TimeSpan? timeout = null)
    {
        OutputLine? Found() => _lines.FirstOrDefault(line => predicate(line.Text));
        await WaitUntilAsync(() => Found() is not null || _process.HasExited, "a line of output", timeout);
        if (Found() is null)
        {
            await _process.WaitForExitAsync();
        }
        return Found() ?? throw new InvalidOperationException($"The app ended with code {_process.ExitCode}.\n{Output}");
    }

    /// <summary>Waits until a condition holds that this app brings about.</summary>
    /// <exception cref="TimeoutException">It did not hold in time; the message contains the output.</exception>
    public async Task WaitUntilAsync(Func<bool> condition, string what, TimeSpan? timeout = null)
    {
        try
        {
            await Wait.UntilAsync(condition, what, timeout);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}\n{Output}");
        }
    }

    public Task<OutputLine> WaitForLineAsync(string part, TimeSpan? timeout = null) =>
        WaitForLineAsync(line => line.Contains(part, StringComparison.Ordinal), timeout);

    /// <summary>Waits for "Now listening on: http://..." and returns <see cref="Client"/>.</summary>
    public async Task<HttpClient> WaitUntilListeningAsync(TimeSpan? timeout = null)
    {
        await WaitForLineAsync(Listening, timeout);
        return Client;
    }

    /// <summary>Kills this process only (SIGKILL): its child processes keep running.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end and waits. Sends SIGTERM by default, since SIGINT is ignored if the tests run as a background job of a shell.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(int signal = UnixSignal.Terminate, TimeSpan? timeout = null)
    {
        if (!_process.HasExited)
        {
            UnixSignal.Send(Id, signal);
        }
        await _process.WaitForExitAsync().WaitAsync(timeout ?? Wait.Patience);
        return _process.ExitCode;
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan? timeout = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(timeout ?? Wait.Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}\n{Output}");
        }
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
        if (!_process.HasExited)
        {
            await KillAsync();
        }
        _process.Dispose();
    }

    private string? Address() =>
        _lines.Select(line => line.Text).FirstOrDefault(line => line.Contains(Listening, StringComparison.Ordinal))?.Split(Listening)[1].Trim();

    private void Add(string? text)
    {
        if (text is not null)
        {
            _lines.Enqueue(new OutputLine(Stopwatch.GetElapsedTime(_started), text));
        }
    }
}
