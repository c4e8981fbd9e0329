using GanFunctions.TestKit;

[assembly: AssemblyFixture(typeof(GanFunctions.Functions.Tests.App))]
[assembly: AssemblyFixture(typeof(GanFunctions.Browser.Tests.Browser))]

namespace GanFunctions.Browser.Tests;

/// <summary>A Chromium of the machine's own, for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Opens an address in a window of its own, with nothing remembered.</summary>
    public async Task<Visit> VisitAsync(Uri address, Action<BrowserNewContextOptions>? options = null)
    {
        if (_browser is null) throw Missing.Here($"There is no Chromium at {string.Join(", ", Places)}; CHROMIUM may name another place.");
        var settings = new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } };
        options?.Invoke(settings);
        return await Visit.OpenAsync(await _browser.NewContextAsync(settings), address);
    }

    public async ValueTask InitializeAsync()
    {
        var place = Environment.GetEnvironmentVariable("CHROMIUM") ?? Places.FirstOrDefault(File.Exists);
        if (place is null) return; // each test says so
        Assertions.SetDefaultExpectTimeout((float)Wait.Patience.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = place, Args = ["--no-sandbox"] }); // as root there is no other way
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
