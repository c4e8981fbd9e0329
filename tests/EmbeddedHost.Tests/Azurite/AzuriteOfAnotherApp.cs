using System.Diagnostics;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests.Azurite;

/// <summary>An azurite.mjs whose parent is not this process, so that the parent can be killed.</summary>
internal sealed class AzuriteOfAnotherApp : IDisposable
{
    private const string App = "require('child_process').spawn(process.execPath, process.argv.slice(1), { stdio: ['pipe', 'inherit', 'inherit'] })";

    private readonly Process _app;

    private AzuriteOfAnotherApp(Process app, AzuriteState azurite)
    {
        _app = app;
        Azurite = azurite;
    }

    public AzuriteState Azurite { get; }

    public static async Task<AzuriteOfAnotherApp> StartAsync(string location)
    {
        var start = AzuriteProgram.StartInfo(new AzuriteOptions { Location = location, BlobPort = 0, QueuePort = 0, TablePort = 0 });
        start.ArgumentList.Insert(0, "-e");
        start.ArgumentList.Insert(1, App);
        var app = Process.Start(start)!;
        var ready = await app.StandardOutput.ReadLineAsync();
        return new AzuriteOfAnotherApp(app, AzuriteState.Parse(ready!)!);
    }

    /// <summary>Kills the app (SIGKILL). From then on, nothing reads Azurite's output or holds its input open.</summary>
    public async Task KillAppAsync()
    {
        _app.Kill();
        _app.StandardOutput.Close();
        _app.StandardError.Close();
        await _app.WaitForExitAsync();
    }

    public Task UntilAzuriteEndedAsync() => Wait.UntilAsync(() => !UnixSignal.IsAlive(Azurite.Pid), "Azurite to end by itself");

    public void Dispose()
    {
        if (!_app.HasExited)
        {
            _app.Kill();
        }
        _app.Dispose();
    }
}
