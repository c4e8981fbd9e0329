using System.Text.RegularExpressions;
using GanFunctions.TestKit;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Looking_at_a_run(App app, Browser browser)
{
    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task Shows_what_each_epoch_drew_with_a_slider_and_plays_them()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, $"#/runs/{TrainedRun.Id}"));
        var page = visit.Page;
        await Expect(page.GetByAltText($"64 pictures drawn after epoch {TrainedRun.Epochs}")).ToBeVisibleAsync();

        await page.GetByLabel("Epoch", new() { Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.GetByAltText("64 pictures drawn after epoch 1")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#player img').alt.endsWith('epoch 3')"); // looks at every frame: it is gone in no time
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).WaitForAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        var timelapse = page.GetByAltText("The pictures from the first epoch to epoch");
        await Expect(timelapse).ToBeVisibleAsync();
        Assert.True(await timelapse.EvaluateAsync<bool>("async image => { await image.decode(); return image.naturalWidth > 100; }"));
    }

    [Fact]
    public async Task Says_in_words_why_it_failed()
    {
        var body = ApiCalls.Tiny("diverging");
        (body["learningRate"], body["adamEpsilon"], body["beta2"], body["labelSmoothing"], body["imagesPerEpoch"]) = (1000, 1e-12, 0, 0, 1600);
        using var started = await app.Http.StartAsync(body);
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/runs/diverging"));

        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The run failed.");

        var reason = (string)(await app.Http.JsonAsync("api/runs/diverging"))["error"]!;
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync(reason);
        await visit.ShowAsync("");
        await Expect(visit.Page.Locator("[data-run=diverging]")).ToContainTextAsync(reason);
    }

    [Fact]
    public async Task Goes_on_when_it_is_extended()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("further"));
        await app.Http.UntilAsync("further", "completed");
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/runs/further"));
        var page = visit.Page;

        await page.GetByLabel("Epochs more").FillAsync("few");
        await page.GetByRole(AriaRole.Button, new() { Name = "Extend" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("epochs: \"few\" is not valid");
        await page.GetByLabel("Epochs more").FillAsync("2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Extend" }).ClickAsync();

        await Expect(page.GetByAltText("64 pictures drawn after epoch 4")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "further completed" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Can_be_done_beside_another_one_epoch_by_epoch()
    {
        await TrainedRun.ReadyAsync(app);
        var other = TrainedRun.Body("other");
        (other["epochs"], other["seed"]) = (2, 7);
        using var started = await app.Http.StartAsync(other);
        await app.Http.UntilAsync("other", "completed");
        await using var visit = await browser.VisitAsync(_address);
        var page = visit.Page;

        await page.GetByLabel("Compare other").CheckAsync();
        await page.GetByLabel($"Compare {TrainedRun.Id}").CheckAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare 2 runs" }).ClickAsync();

        await Expect(page.Locator("#curves [role=img]")).ToHaveAttributeAsync("aria-label", new Regex(@"other \d.*trained \d"));
        await Expect(page.GetByAltText($"64 pictures of {TrainedRun.Id} after epoch {TrainedRun.Epochs}")).ToBeVisibleAsync();
        await Expect(page.GetByAltText("64 pictures of other after epoch 2")).ToBeVisibleAsync();
        await page.GetByLabel("Epoch", new() { Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.GetByAltText($"64 pictures of {TrainedRun.Id} after epoch 1")).ToBeVisibleAsync();
        await Expect(page.GetByAltText("64 pictures of other after epoch 1")).ToBeVisibleAsync();
        await page.GetByLabel("Curve").SelectOptionAsync("generatorLoss");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Loss of the generator" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Goes_on_by_itself_when_the_server_was_restarted()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var first = App.Start(azurite.ConnectionString);
        await first.WaitUntilListeningAsync();
        var address = first.Client.BaseAddress!;
        using var started = await first.Client.StartAsync(ApiCalls.Long("restarted"));
        await using var visit = await browser.VisitAsync(new Uri(address, "#/runs/restarted"));
        visit.Expect("net::ERR_"); // what the browser says of a server that is away
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "restarted training" })).ToBeVisibleAsync();

        await first.KillAsync();
        await Expect(visit.Page.GetByText("The server does not answer.")).ToBeVisibleAsync();
        await first.DisposeAsync();
        await using var second = App.Start(azurite.ConnectionString, "--urls", address.ToString());
        await second.WaitUntilListeningAsync();

        await Expect(visit.Page.GetByText("The server does not answer.")).ToBeHiddenAsync();
        using var paused = await second.Client.CallAsync("api/runs/restarted/pause");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "restarted paused" })).ToBeVisibleAsync();

        // A view that is opened while the server is away.
        await second.KillAsync();
        await visit.ShowAsync("start");
        await Expect(visit.Page.GetByText("The server cannot be reached. Is it running?")).ToBeVisibleAsync();
        await using var third = App.Start(azurite.ConnectionString, "--urls", address.ToString());
        await third.WaitUntilListeningAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Start training" })).ToBeVisibleAsync();
    }
}
