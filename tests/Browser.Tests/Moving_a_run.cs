using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Moving_a_run(App app, Browser browser)
{
    [Fact]
    public async Task Exports_it_and_imports_it_under_another_name()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, $"#/runs/{TrainedRun.Id}"));
        var page = visit.Page;
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Export" }).ClickAsync());
        Assert.Equal($"{TrainedRun.Id}.zip", download.SuggestedFilename);

        await visit.ShowAsync("start");
        var file = Path.Combine(Directory.CreateTempSubdirectory("gan-moved-").FullName, $"{TrainedRun.Id} (1).zip");
        await download.SaveAsAsync(file);
        await page.GetByLabel("Exported run").SetInputFilesAsync(file);
        await Expect(page.GetByLabel("Import as")).ToHaveValueAsync(TrainedRun.Id);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync($"There is a run '{TrainedRun.Id}' already");
        await page.GetByLabel("Import as").FillAsync("page-import");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "page-import completed" })).ToBeVisibleAsync();
        await Expect(page.GetByAltText($"64 pictures generated after epoch {TrainedRun.Epochs}")).ToBeVisibleAsync();
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        using var deleted = await app.Http.DeleteAsync("api/runs/page-import", TestContext.Current.CancellationToken);
        Assert.True(deleted.IsSuccessStatusCode);
    }
}
