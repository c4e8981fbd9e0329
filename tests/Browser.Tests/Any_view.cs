using Deque.AxeCore.Playwright;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Any_view(App app, Browser browser)
{
    private const int MostBytesOfFirstView = 100_000;
    private readonly Uri _address = app.Http.BaseAddress!;

    /// <summary>Each view, and what is on it when it is complete.</summary>
    public static TheoryData<string, string> Views { get; } = new()
    {
        { "", $"[data-run={TrainedRun.Id}] img" },
        { "start", ".preview" },
        { "datasets", $"[data-dataset={SmallData.Name}] img" },
        { $"runs/{TrainedRun.Id}", "#player img" },
        { $"runs/{TrainedRun.Id}/explore", "p[data-rate]:has-text('Drawn')" },
        { $"compare?runs={TrainedRun.Id},{TrainedRun.Id}", "figure img" },
        { "nowhere", "text=No such view" },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public async Task Has_no_barrier_that_axe_knows_in_light_dark_or_narrow(string view, string complete)
    {
        await TrainedRun.ReadyAsync(app);
        (string Name, ColorScheme Colors, int Width)[] ways = [("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("narrow", ColorScheme.Light, 360)];
        foreach (var (name, colors, width) in ways)
        {
            await using var visit = await browser.VisitAsync(new Uri(_address, $"#/{view}"), options =>
                (options.ColorScheme, options.ViewportSize) = (colors, new() { Width = width, Height = 900 }));
            await Expect(visit.Page.Locator(complete).First).ToBeVisibleAsync();

            var found = await visit.Page.RunAxe();
            await visit.Page.ScreenshotAsync(new() { FullPage = true, Path = Screenshots.PathOf(view, name) });

            Assert.Empty(found.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{name}: {violation.Id}: {node.Html}")));
            Assert.Equal(width, await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")); // nothing sticks out
        }
    }

    [Fact]
    public async Task Comes_with_less_than_a_hundred_kilobytes_at_first()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(new Uri(_address, "api/health"));
        var protocol = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        await protocol.SendAsync("Network.enable");
        double bytes = 0;
        protocol.Event("Network.loadingFinished").OnEvent += (_, finished) => bytes += finished!.Value.GetProperty("encodedDataLength").GetDouble();

        await visit.Page.GotoAsync(_address.ToString(), new() { WaitUntil = WaitUntilState.NetworkIdle });
        await Expect(visit.Page.Locator($"[data-run={TrainedRun.Id}] img")).ToBeVisibleAsync();

        Assert.InRange(bytes, 5_000, MostBytesOfFirstView);
        Assert.DoesNotContain(visit.Requests, url => url.Contains("onnxruntime", StringComparison.Ordinal)); // which comes with the view that needs it
    }

    [Fact]
    public async Task Can_be_reached_with_the_keyboard_alone()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        await Expect(visit.Page.Locator($"[data-run={TrainedRun.Id}]")).ToBeVisibleAsync();

        await visit.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await FocusedAsync());
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
