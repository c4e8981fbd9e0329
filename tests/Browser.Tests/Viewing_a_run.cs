using System.Text.RegularExpressions;
using GanFunctions.Functions.Tests.Faults;
using GanFunctions.TestKit;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Viewing_a_run(App app, Browser browser)
{
    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task Shows_the_samples_of_each_epoch_and_plays_them()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, $"#/runs/{TrainedRun.Id}"));
        var page = visit.Page;
        await Expect(page.GetByAltText($"64 pictures generated after epoch {TrainedRun.Epochs}")).ToBeVisibleAsync();

        await page.GetByLabel("Epoch", new() { Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.GetByAltText("64 pictures generated after epoch 1")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        // polls every frame, since each picture shows only briefly
        await page.WaitForFunctionAsync("() => document.querySelector('#player img').alt.endsWith('epoch 3')");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).WaitForAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        var timelapse = page.GetByAltText("Timelapse of epochs 1 to");
        await Expect(timelapse).ToBeVisibleAsync();
        Assert.True(await timelapse.EvaluateAsync<bool>("async image => { await image.decode(); return image.naturalWidth > 100; }"));
    }

    [Fact]
    public async Task Shows_the_samples_of_an_epoch_that_are_stored_long_after_its_last_step()
    {
        await using var azurite = await AzuriteFixture.StartAsync(); // of its own, because the shared app would train the run on the shared one
        await using var storage = await FaultyStorage.StartAsync(azurite);
        await using var process = App.Start(storage.ConnectionString);
        await Bars.UploadedAsync(await process.WaitUntilListeningAsync());
        using var slowly = storage.Inject(call => call is { Service: "blob", Method: "PUT" } ? StorageFault.SlowAnswer : null);
        var body = ApiCalls.Tiny("slowly-stored", Bars.Name);
        body["epochs"] = 1;
        using var started = await process.Client.StartAsync(body);

        await using var visit = await browser.VisitAsync(new Uri(process.Client.BaseAddress!, "#/runs/slowly-stored"));

        await Expect(visit.Page.GetByAltText("64 pictures generated after epoch 1")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Shows_why_it_failed()
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
    public async Task Continues_when_it_is_extended()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("further"));
        await app.Http.UntilAsync("further", "completed");
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/runs/further"));
        var page = visit.Page;

        await page.GetByLabel("Extend by").FillAsync("few");
        await page.GetByRole(AriaRole.Button, new() { Name = "Extend" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("\"few\"");
        await page.GetByLabel("Extend by").FillAsync("2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Extend" }).ClickAsync();

        await Expect(page.GetByAltText("64 pictures generated after epoch 4")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "further completed" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Can_be_compared_with_another_epoch_by_epoch()
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
        await Expect(page.GetByAltText($"64 pictures generated by {TrainedRun.Id} after epoch {TrainedRun.Epochs}")).ToBeVisibleAsync();
        await Expect(page.GetByAltText("64 pictures generated by other after epoch 2")).ToBeVisibleAsync();
        await page.GetByLabel("Epoch", new() { Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.GetByAltText($"64 pictures generated by {TrainedRun.Id} after epoch 1")).ToBeVisibleAsync();
        await Expect(page.GetByAltText("64 pictures generated by other after epoch 1")).ToBeVisibleAsync();
        await page.GetByLabel("Metric").SelectOptionAsync("generatorLoss");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Generator loss" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Reconnects_after_a_server_restart()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var first = App.Start(azurite.ConnectionString, App.ImpatientHub);
        await first.WaitUntilListeningAsync();
        var address = first.Client.BaseAddress!;
        using var started = await first.Client.StartAsync(ApiCalls.Long("restarted"));
        await using var visit = await browser.VisitAsync(new Uri(address, "#/runs/restarted"));
        visit.Allow("net::ERR_"); // logged by the browser for an unreachable server
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "restarted training" })).ToBeVisibleAsync();

        await first.KillAsync();
        await Expect(visit.Page.GetByText("The server is not responding.")).ToBeVisibleAsync();
        await first.DisposeAsync();
        await using var second = App.Start(azurite.ConnectionString, [.. App.ImpatientHub, "--urls", address.ToString()]);
        await second.WaitUntilListeningAsync();

        await Expect(visit.Page.GetByText("The server is not responding.")).ToBeHiddenAsync();
        using var paused = await second.Client.CallAsync("api/runs/restarted/pause");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "restarted paused" })).ToBeVisibleAsync();

        // A view that is opened while the server is unreachable.
        await second.KillAsync();
        await visit.ShowAsync("start");
        await Expect(visit.Page.GetByText("The server cannot be reached. Check that it is running.")).ToBeVisibleAsync();
        await using var third = App.Start(azurite.ConnectionString, "--urls", address.ToString());
        await third.WaitUntilListeningAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Start training" })).ToBeVisibleAsync();
    }
}
