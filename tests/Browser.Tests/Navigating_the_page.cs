using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Navigating_the_page(App app, Browser browser)
{
    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task With_the_skip_link_keeps_the_address()
    {
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/start"));
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Start training" })).ToBeVisibleAsync();

        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.Locator("main")).ToBeFocusedAsync();
        Assert.EndsWith("#/start", visit.Page.Url, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs/%")]
    [InlineData("nowhere")]
    public async Task To_an_unknown_view_shows_an_error(string view)
    {
        await using var visit = await browser.VisitAsync(_address);
        await visit.ShowAsync(view);

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Page not found" })).ToBeVisibleAsync();
        Assert.Equal("GanFunctions", await visit.Page.TitleAsync());
    }

    [Fact]
    public async Task Back_dismisses_a_confirmation()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        await visit.ShowAsync($"runs/{TrainedRun.Id}");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(visit.Page.GetByText($"Delete {TrainedRun.Id} and all")).ToBeVisibleAsync();

        await visit.Page.GoBackAsync();

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Runs", Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.Equal("completed", await app.Http.StateAsync(TrainedRun.Id));
    }

    [Fact]
    public async Task Stays_on_a_comparison_when_one_of_its_runs_is_deleted()
    {
        await TrainedRun.ReadyAsync(app);
        using var lasting = await app.Http.StartAsync(ApiCalls.Long("lasting"));
        using var passing = await app.Http.StartAsync(ApiCalls.Tiny("passing"));
        using var cancelled = await app.Http.CallAsync("api/runs/passing/cancel");
        await app.Http.UntilAsync("passing", "cancelled");
        await using var visit = await browser.VisitAsync(new Uri(_address, "#/compare?runs=passing,lasting"));
        await Expect(visit.Page.GetByText(new Regex("^passing cancelled"))).ToBeVisibleAsync();

        using var deleted = await app.Http.DeleteAsync("api/runs/passing", TestContext.Current.CancellationToken);

        await Expect(visit.Page.GetByText(new Regex("^passing deleted"))).ToBeVisibleAsync();
        await app.Http.CallAsync("api/runs/lasting/cancel");
        await Expect(visit.Page.GetByText(new Regex("^lasting cancelled"))).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("The server is not responding.")).ToBeHiddenAsync();
    }
}
