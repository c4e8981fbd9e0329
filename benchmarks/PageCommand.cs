using System.Globalization;
using Microsoft.Playwright;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>page http://localhost:7071</c>: the page's time to interactive and transfer size, and the pictures per second that it generates while
/// the mouse is dragged across the latent space of a run, which the command trains first. Needs Chromium, in /usr/bin or at the path in
/// <c>CHROMIUM</c>.
/// </summary>
internal static class PageCommand
{
    private const string Run = "dragged";
    private const int Visits = 7;
    private const int SecondsOfDragging = 6;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, ..])
        {
            await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project benchmarks -- page <address>");
            return 2;
        }
        using (var http = new HttpClient { BaseAddress = new Uri(address) }) await ServedRun.TrainAsync(http, Run);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox"],
        });
        var visits = new List<(double Milliseconds, double Bytes)>();
        for (var visit = 0; visit < Visits; visit++) visits.Add(await OpenAsync(browser, address));
        var milliseconds = Median(visits.Select(visit => visit.Milliseconds));
        Console.WriteLine(
            $"interactive after {milliseconds:F0} ms (median of {Visits} visits with an empty cache), {visits[^1].Bytes / 1000:F1} kB transferred");
        Console.WriteLine($"dragging across latent space: {await DragAsync(browser, $"{address}/#/runs/{Run}/explore"):F0} pictures/s");
        return 0;
    }

    private static async Task<(double Milliseconds, double Bytes)> OpenAsync(IBrowser browser, string address)
    {
        await using var context = await browser.NewContextAsync();
        var page = await context.NewPageAsync();
        var protocol = await context.NewCDPSessionAsync(page);
        await protocol.SendAsync("Network.enable");
        double bytes = 0;
        protocol.Event("Network.loadingFinished").OnEvent += (_, finished) => bytes += finished!.Value.GetProperty("encodedDataLength").GetDouble();
        await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
        // The list of runs is rendered and interactive.
        var usable = await page.WaitForFunctionAsync("() => document.querySelector('[data-run]') && performance.now()");
        var milliseconds = await usable.JsonValueAsync<double>();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        return (milliseconds, bytes);
    }

    private static async Task<double> DragAsync(IBrowser browser, string address)
    {
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 1600 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(address);
        await page.Locator("p[data-rate]:has-text('Generated in the browser')").WaitForAsync(new() { Timeout = 60_000 });
        await page.WaitForTimeoutAsync(3000); // for the map
        var box = (await page.Locator(".map-frame").BoundingBoxAsync())!;
        var rates = new List<double>();
        await page.Mouse.MoveAsync(box.X + 5, box.Y + 5);
        await page.Mouse.DownAsync();
        for (var step = 0; step < SecondsOfDragging * 60; step++)
        {
            var turn = step / 30.0;
            await page.Mouse.MoveAsync(
                box.X + box.Width * (float)(0.5 + 0.45 * Math.Sin(turn)), box.Y + box.Height * (float)(0.5 + 0.45 * Math.Cos(turn * 0.7)));
            await page.WaitForTimeoutAsync(1000f / 60);
            if (step % 60 == 59) rates.Add(double.Parse((await page.Locator("p[data-rate]").GetAttributeAsync("data-rate"))!, CultureInfo.InvariantCulture));
        }
        await page.Mouse.UpAsync();
        return Median(rates.Skip(1));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
