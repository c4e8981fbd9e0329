using GanFunctions.TestKit;

[assembly: AssemblyFixture(typeof(GanFunctions.Functions.Tests.App))]
[assembly: AssemblyFixture(typeof(GanFunctions.Browser.Tests.Browser))]

namespace GanFunctions.Browser.Tests;

/// <summary>The Chromium installed on the machine, shared by all tests: its headless shell if there is one, which takes less time than the whole browser.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Paths =
        ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Opens an address in a new browser context: no cookies, storage or cache.</summary>
    public async Task<Visit> VisitAsync(Uri address, Action<BrowserNewContextOptions>? options = null)
    {
        if (_browser is null) throw Missing.Here($"Chromium not found at {string.Join(", ", Paths)}. Install it, or set CHROMIUM to its path.");
        var settings = new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } };
        options?.Invoke(settings);
        return await Visit.OpenAsync(await _browser.NewContextAsync(settings), address);
    }

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("CHROMIUM") ?? Paths.FirstOrDefault(File.Exists);
        if (path is null) return; // VisitAsync reports it
        Assertions.SetDefaultExpectTimeout((float)Wait.Patience.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox", "--disable-gpu"] }); // required when running as root
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
