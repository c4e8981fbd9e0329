using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Exploring_a_run(App app, Browser browser)
{
    private readonly Uri _address = new(app.Http.BaseAddress!, $"#/runs/{TrainedRun.Id}/explore?seed=5");

    [Fact]
    public async Task Generates_pictures_by_seed_and_label_and_finds_the_nearest_training_pictures()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Picture 35, seed 5" })).ToBeVisibleAsync();
        var allLabels = await PixelsAsync(page, 0);

        await page.GetByLabel("Label").SelectOptionAsync("7");
        await Wait(async () => await PixelsAsync(page, 0) != allLabels);
        Assert.Contains("label=7", page.Url, StringComparison.Ordinal);

        var whole = await PixelsAsync(page, 0);
        await page.GetByLabel("Truncation").SelectOptionAsync("0.5");
        await Wait(async () => await PixelsAsync(page, 0) != whole);
        Assert.Contains("truncation=0.5", page.Url, StringComparison.Ordinal);
        await page.GetByLabel("Truncation").SelectOptionAsync("1");

        await page.GetByRole(AriaRole.Button, new() { Name = "Picture 3, seed 5" }).ClickAsync();
        await Expect(page.GetByAltText("The generated picture and its 8 nearest training pictures")).ToBeVisibleAsync();

        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy curl command" }).ClickAsync();
        await Expect(page.GetByText("Command copied.")).ToBeVisibleAsync();
        Assert.StartsWith(
            $"curl '{app.Http.BaseAddress}api/runs/trained/samples?seed=5&label=7&epoch=latest' -o trained.png",
            await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"), StringComparison.Ordinal);

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download PNG" }).ClickAsync());
        Assert.Equal("trained-5.png", download.SuggestedFilename);
        var generator = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Generator (ONNX)" }).ClickAsync());
        Assert.True(new FileInfo(await generator.PathAsync()).Length > 100_000);
    }

    [Fact]
    public async Task Interpolates_between_four_seeds_in_the_browser_as_the_server_does()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;
        await Expect(page.GetByText(new Regex("^Generated in the browser"))).ToBeVisibleAsync();
        foreach (var epoch in (string[])["1", "3", "2"]) await page.GetByLabel("Epoch").SelectOptionAsync(epoch); // the last selection wins
        await Expect(page.GetByText(new Regex("^Generated in the browser"))).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Slider, new() { Name = "Across" }).FillAsync("0.3");
        await page.GetByRole(AriaRole.Slider, new() { Name = "Down" }).FillAsync("0.8");
        await Expect(page.GetByLabel("Picture at 30% across, 80% down")).ToBeVisibleAsync();

        const string Between = "api/runs/trained/between?seeds=1,2,3,4&x=0.3&y=0.8&epoch=2&scale=1&format=png";
        var server = await page.EvaluateAsync<int[]>($$"""
            async () => {
              const picture = await createImageBitmap(await (await fetch('{{Between}}')).blob());
              const canvas = new OffscreenCanvas(picture.width, picture.height);
              canvas.getContext('2d').drawImage(picture, 0, 0);
              return [...canvas.getContext('2d').getImageData(0, 0, picture.width, picture.height).data].filter((_, i) => i % 4 === 0);
            }
            """);
        Assert.Equal(28 * 28, server.Length);
        Assert.Contains(server, pixel => pixel > 100);
        await Wait(async () => (await LivePixelsAsync(page)).Zip(server, (actual, expected) => Math.Abs(actual - expected)).Max() <= 1);
    }

    [Fact]
    public async Task Finds_the_picture_nearest_to_an_uploaded_one()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;
        var picture = await app.Http.GetByteArrayAsync(
            $"api/runs/{TrainedRun.Id}/samples?seed=77&count=1&scale=1&label=2", TestContext.Current.CancellationToken);
        var file = page.GetByLabel("Picture", new() { Exact = true });
        var find = page.GetByRole(AriaRole.Button, new() { Name = "Find" });

        await file.SetInputFilesAsync(new FilePayload { Name = "two.png", MimeType = "image/png", Buffer = picture });
        await find.ClickAsync();

        var found = page.GetByAltText("The uploaded picture and the nearest generated picture");
        await Expect(found).ToBeVisibleAsync();
        Assert.True(await found.EvaluateAsync<bool>("async image => { await image.decode(); return image.naturalWidth > 2 * image.naturalHeight; }"));
        await Expect(page.GetByText(new Regex("Their pixels differ by [0-9.]+ of 255 and their features by [0-9.]+"))).ToBeVisibleAsync();

        await file.SetInputFilesAsync(new FilePayload { Name = "two.png", MimeType = "image/png", Buffer = "no picture"u8.ToArray() });
        await find.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("it is not a picture and starts with \"no pictu\"");
        await Expect(found).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Falls_back_to_the_server_when_the_browser_cannot_run_the_generator()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(app.Http.BaseAddress!);
        await visit.Page.RouteAsync("**/*.wasm", route => route.AbortAsync());
        visit.Allow("wasm", "ArrayBuffer instantiation", "Canvas2D"); // logged by the ONNX runtime, and by Chromium for reading pixels back
        await visit.ShowAsync($"runs/{TrainedRun.Id}/explore");

        await Expect(visit.Page.GetByText(new Regex("^Generated on the server"))).ToBeVisibleAsync();
        await Wait(async () => await visit.Page.EvaluateAsync<bool>(
            "() => document.querySelector('canvas.live').getContext('2d').getImageData(0, 0, 28, 28)"
            + ".data.some((value, i) => i % 4 !== 3 && value > 0)"));
    }

    private static Task<int[]> LivePixelsAsync(IPage page) => page.EvaluateAsync<int[]>(
        "() => { const live = document.querySelector('canvas.live'); "
        + "return [...live.getContext('2d').getImageData(0, 0, live.width, live.height).data].filter((_, i) => i % 4 === 0); }");

    private static Task<string> PixelsAsync(IPage page, int index) =>
        page.EvaluateAsync<string>("index => document.querySelectorAll('.sheet-buttons canvas')[index].toDataURL()", index);

    private static Task Wait(Func<Task<bool>> condition) => TestKit.Wait.UntilAsync(condition, "the page");
}
