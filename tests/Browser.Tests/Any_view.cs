using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Any_view(App app, Browser browser)
{
    private const int MaxBytesOfFirstView = 100_000;
    private readonly Uri _address = app.Http.BaseAddress!;

    /// <summary>Each view, and an element that is visible once the view is complete.</summary>
    public static TheoryData<string, string> Views { get; } = new()
    {
        { "", $"[data-run={TrainedRun.Id}] img" },
        { "start", ".preview" },
        { "datasets", $"[data-dataset={SmallData.Name}] img" },
        { $"runs/{TrainedRun.Id}", "#player img" },
        { $"runs/{TrainedRun.Id}/explore", "p[data-rate]:has-text('Generated')" },
        { $"compare?runs={TrainedRun.Id},{TrainedRun.Id}", "figure img" },
        { "sweeps", "#definition" },
        { "nowhere", "text=Page not found" },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public async Task Passes_the_axe_checks_in_light_dark_and_narrow_layouts(string view, string complete)
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, $"#/{view}"));
        await Expect(visit.Page.Locator(complete).First).ToBeVisibleAsync();
        (string Name, ColorScheme Colors, int Width)[] layouts =
            [("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("narrow", ColorScheme.Light, 360)];
        foreach (var (name, colors, width) in layouts)
        {
            await visit.Page.EmulateMediaAsync(new() { ColorScheme = colors });
            await visit.Page.SetViewportSizeAsync(width, 900);
            await Expect(visit.Page.Locator(complete).First).ToBeVisibleAsync();

            var violations = await visit.Page.FindAxeViolationsAsync();
            await visit.Page.StoreScreenshotAsync(view, name, fullPage: true);

            Assert.True(violations.Length == 0, $"{name}: {string.Join('\n', violations)}");
            Assert.Equal(width, await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")); // no horizontal overflow
        }
    }

    [Fact]
    public async Task Transfers_less_than_100_kilobytes_on_the_first_visit()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, "api/health"));
        var protocol = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        await protocol.SendAsync("Network.enable");
        var (bytes, ofRuns) = (0.0, new HashSet<string>()); // a store has as many pictures as it has runs; those are not the page
        protocol.Event("Network.requestWillBeSent").OnEvent += (_, sent) =>
        {
            if (sent!.Value.GetProperty("request").GetProperty("url").GetString()!.Contains("/grids/", StringComparison.Ordinal)) ofRuns.Add(IdOf(sent.Value));
        };
        protocol.Event("Network.loadingFinished").OnEvent += (_, finished) =>
            bytes += ofRuns.Contains(IdOf(finished!.Value)) ? 0 : finished.Value.GetProperty("encodedDataLength").GetDouble();

        await visit.Page.GotoAsync(_address.ToString(), new() { WaitUntil = WaitUntilState.NetworkIdle });
        await Expect(visit.Page.Locator($"[data-run={TrainedRun.Id}] img")).ToBeVisibleAsync();

        Assert.InRange(bytes, 5_000, MaxBytesOfFirstView);
        Assert.DoesNotContain(visit.Requests, url => url.Contains("onnxruntime", StringComparison.Ordinal)); // loaded only by the view that needs it

        static string IdOf(JsonElement request) => request.GetProperty("requestId").GetString()!;
    }

    [Fact]
    public async Task Is_reachable_by_keyboard_alone()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        await Expect(visit.Page.Locator($"[data-run={TrainedRun.Id}]")).ToBeVisibleAsync();

        await visit.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to content", await FocusedAsync());
        foreach (var expected in (string[])["GanFunctions", "Runs", "New run"])
        {
            await visit.Page.Keyboard.PressAsync("Tab");
            Assert.Equal(expected, await FocusedAsync());
        }
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "New run" })).ToBeVisibleAsync();
        Assert.Equal("view", await visit.Page.EvaluateAsync<string>("() => document.activeElement.id"));

        Task<string> FocusedAsync() => visit.Page.EvaluateAsync<string>("() => document.activeElement.textContent.trim()");
    }
}
