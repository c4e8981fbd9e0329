using System.Diagnostics;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class The_end_to_end_script
{
    private const string Key = "a key that only this test knows";

    /// <summary>The same script runs against the Azure Functions host, in .github/workflows/ci.yml.</summary>
    [Fact]
    public async Task Finds_nothing_wrong_with_an_app_that_other_machines_can_reach()
    {
        Soak.Only("a minute");
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var app = AppProcess.Start(App.Dll, ["--urls", "http://0.0.0.0:0", "--EmbeddedHost:Key", Key], new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
        });
        var port = (await app.WaitUntilListeningAsync()).BaseAddress!.Port;

        var (code, output) = await RunAsync($"http://127.0.0.1:{port}", "--key", Key);

        Assert.True(code == 0, output);
        Assert.Contains("# skipped 0", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "e2e.mjs");
        using var process = Process.Start(
            new ProcessStartInfo("node", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await errors);
    }
}
