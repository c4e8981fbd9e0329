using System.Globalization;
using System.Text.Json.Nodes;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

/// <summary>
/// A run on MNIST. GANFUNCTIONS_SCREENSHOT_EPOCHS sets its length, two epochs by default; <c>docs/page.png</c> shows a run of 14.
/// </summary>
public sealed class A_real_training(App app, Browser browser)
{
    private const int Short = 2;

    [Fact]
    public async Task Shows_its_last_epoch_on_a_page_that_stays_open_throughout()
    {
        var epochs = int.Parse(Environment.GetEnvironmentVariable("GANFUNCTIONS_SCREENSHOT_EPOCHS") ?? $"{Short}", CultureInfo.InvariantCulture);
        var isShort = epochs == Short;
        using var mnist = Mnist.Zip(isShort ? 1_000 : 60_000);
        await app.Http.UploadAsync("mnist", mnist);
        await using var visit = await browser.VisitAsync(app.Http.BaseAddress!, options => options.ViewportSize = new() { Width = 1200, Height = 860 });
        var body = new JsonObject
        {
            ["run"] = "handwriting",
            ["dataset"] = "mnist",
            ["epochs"] = epochs,
            ["imagesPerEpoch"] = isShort ? 640 : 12_800,
            ["emaDecay"] = 0.995,
            ["logEvery"] = isShort ? 2 : 50,
            ["qualitySamples"] = isShort ? 0 : 1000,
        };
        using var started = await app.Http.StartAsync(body);
        await visit.ShowAsync("runs/handwriting");

        await Expect(visit.Page.GetByText("completed")).ToBeVisibleAsync(new() { Timeout = 3_600_000 });
        await Expect(visit.Page.GetByAltText($"64 pictures generated after epoch {epochs}")).ToBeVisibleAsync();
        await visit.Page.StoreScreenshotAsync("handwriting", "light");
    }
}
