using System.Globalization;
using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Following_a_sweep(App app, Browser browser)
{
    private const string Definition = """
        {
          "sweep": "tried", "search": "grid", "parallel": 1, "space": { "learningRate": [0.0005, 0.002], "loss": ["nonSaturating", "relativistic"] },
          "options": {
            "preset": "compact", "widthMultiplier": 0.25, "dataset": "few-digits", "epochs": 2, "imagesPerEpoch": 32, "batchSize": 16,
            "qualitySamples": 100, "precision": "fp32", "threads": 1
          },
          "halving": { "epochs": 1, "factor": 2 }
        }
        """;

    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task From_its_definition_to_the_best_trial()
    {
        await TrainedRun.ReadyAsync(app); // which uploads the data set
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Sweeps" }).ClickAsync();
        var definition = page.GetByLabel("New sweep");

        await definition.FillAsync(Definition.Replace("0.002", "-1", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Start sweep" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("space.learningRate: -1 is not valid");
        await definition.FillAsync(Definition);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "4 trials, trained for 1, 2 epochs" })).ToBeVisibleAsync();
        Assert.Empty(await page.FindAxeViolationsAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Start sweep" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "tried completed" })).ToBeVisibleAsync();
        await Expect(page.Locator("#scatter [role=img]")).ToHaveAttributeAsync("aria-label", "frechetDistance by learningRate: 4 of 4 trials measured.");
        await page.GetByLabel("Option").SelectOptionAsync("loss");
        await Expect(page.Locator("#scatter [role=img]")).ToHaveAttributeAsync("aria-label", new Regex("^frechetDistance by loss"));
        var metrics = page.Locator(".table tbody td:last-child");
        var ascending = await metrics.AllInnerTextsAsync();
        Assert.Equal(ascending.OrderBy(Number), ascending);
        await page.GetByRole(AriaRole.Button, new() { Name = "frechetDistance" }).ClickAsync();
        Assert.Equal(ascending.OrderByDescending(Number), await metrics.AllInnerTextsAsync());
        Assert.Empty(await page.FindAxeViolationsAsync());

        var best = page.Locator("[data-best] a");
        var run = await best.InnerTextAsync();
        await best.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"{run} completed" })).ToBeVisibleAsync();
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
