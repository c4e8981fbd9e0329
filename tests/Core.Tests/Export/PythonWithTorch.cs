using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Export;

/// <summary>A Python interpreter that imports PyTorch once, which takes seconds, and then runs one script after the other.</summary>
public sealed class PythonWithTorch : IAsyncDisposable
{
    private const string Server = """
        import contextlib, io, json, runpy, sys, traceback, torch
        print("ready", flush=True)
        for line in sys.stdin:
            sys.argv = json.loads(line)
            code, output, error = 0, io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
                try:
                    runpy.run_path(sys.argv[0], run_name="__main__")
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
                    if isinstance(end.code, str):
                        print(end.code, file=error)
                except BaseException:
                    code = 1
                    traceback.print_exc()
            print(json.dumps({"Code": code, "Output": output.getvalue(), "Error": error.getvalue()}), flush=True)
        """;

    private Process? _process;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs a script to its end.</summary>
    public async Task<ScriptResult> RunAsync(string script, params string[] arguments)
    {
        _process ??= await StartAsync();
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize<string[]>([script, .. arguments]));
        await _process.StandardInput.FlushAsync(Cancellation);
        var result = await _process.StandardOutput.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException("Python has ended.");
        return JsonSerializer.Deserialize<ScriptResult>(result)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    // Debian's package is installed for Debian's Python, which need not be the first in PATH.
    private static async Task<Process> StartAsync()
    {
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                var process = Process.Start(new ProcessStartInfo(python, ["-c", Server]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
                if (await process.StandardOutput.ReadLineAsync(Cancellation) == "ready") return process;
                process.Dispose();
            }
            catch (Win32Exception)
            {
                // No program has that name.
            }
        }
        throw Missing.Here("There is no Python with PyTorch: apt-get install python3-torch");
    }

    /// <summary>The exit code of a script, and what it printed.</summary>
    public sealed record ScriptResult(int Code, string Output, string Error);
}
