using System.Globalization;
using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Starting_a_run(App app, Browser browser)
{
    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task Takes_one_click_and_the_page_follows_it_through_pause_resume_cancel_and_delete()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "New run" }).First.ClickAsync();
        await page.GetByLabel("Data set").SelectOptionAsync(SmallData.Name);
        await Expect(page.GetByAltText($"Sample pictures from {SmallData.Name}")).ToBeVisibleAsync();
        await page.GetByLabel("Preset").SelectOptionAsync("compact");
        await page.GetByText("More options").ClickAsync();
        await page.GetByLabel("Name").FillAsync("clicked");
        await page.GetByLabel("Epochs", new() { Exact = true }).FillAsync("500");
        await page.GetByLabel("Precision").SelectOptionAsync("fp32");
        await page.GetByLabel("Batch size").FillAsync("16");
        await page.GetByLabel("Quality samples").FillAsync("100");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start training" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "clicked training" })).ToBeVisibleAsync();
        var chart = page.Locator("#losses [role=img]");
        await Expect(chart).ToHaveAttributeAsync("aria-label", new Regex("^Losses. Last values: discriminator "));
        var early = await chart.GetAttributeAsync("aria-label");
        await Expect(chart).Not.ToHaveAttributeAsync("aria-label", early!);
        await Expect(page.Locator("#distance [role=img]")).ToHaveAttributeAsync("aria-label", new Regex(@"Fréchet distance \d"));
        await Expect(page.GetByAltText("64 pictures generated after epoch")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "clicked paused" })).ToBeVisibleAsync();
        var epoch = int.Parse(await page.Locator("[data-epoch]").InnerTextAsync(), CultureInfo.InvariantCulture);

        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "clicked training" })).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("epoch => Number(document.querySelector('[data-epoch]').textContent) > epoch", epoch);
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "clicked cancelled" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Runs", Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("[data-run=clicked]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Shows_validation_errors_next_to_their_fields()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/start"));
        var page = visit.Page;
        await page.GetByText("More options").ClickAsync();
        await page.GetByLabel("Name").FillAsync("No Such Name");
        await page.GetByLabel("Epochs", new() { Exact = true }).FillAsync("many");
        await page.GetByLabel("Learning rate", new() { Exact = true }).FillAsync("-1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start training" }).ClickAsync();

        await Expect(page.Locator("#run-hint")).ToContainTextAsync("\"No Such Name\"");
        await Expect(page.Locator("#epochs-hint")).ToContainTextAsync("many");
        await Expect(page.Locator("#learningRate-hint")).ToContainTextAsync("-1");
        await Expect(page.GetByLabel("Epochs", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(page.GetByLabel("Seed")).ToHaveAttributeAsync("aria-invalid", "false");

        await page.GetByLabel("Name").FillAsync(TrainedRun.Id);
        await page.GetByLabel("Epochs", new() { Exact = true }).FillAsync("1");
        await page.GetByLabel("Learning rate", new() { Exact = true }).FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start training" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(TrainedRun.Id);
        await Expect(page.GetByLabel("Epochs", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "false");
    }
}
