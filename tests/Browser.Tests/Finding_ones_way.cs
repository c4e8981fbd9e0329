using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Finding_ones_way(App app, Browser browser)
{
    private readonly Uri _address = app.Http.BaseAddress!;

    [Fact]
    public async Task Past_the_links_on_top_leaves_the_address_alone()
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
    public async Task To_what_is_not_there_says_so(string view)
    {
        await using var visit = await browser.VisitAsync(_address);
        await visit.ShowAsync(view);

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "No such view" })).ToBeVisibleAsync();
        Assert.Equal("GanFunctions", await visit.Page.TitleAsync());
    }

    [Fact]
    public async Task Back_takes_a_question_along()
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(_address);
        await visit.ShowAsync($"runs/{TrainedRun.Id}");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(visit.Page.GetByText($"Delete {TrainedRun.Id} with all")).ToBeVisibleAsync();

        await visit.Page.GoBackAsync();

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Runs", Exact = true })).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.Equal("completed", await app.Http.StateAsync(TrainedRun.Id));
    }

    [Fact]
    public async Task Among_runs_goes_on_when_one_of_them_is_deleted()
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
        await Expect(visit.Page.GetByText("The server does not answer.")).ToBeHiddenAsync();
    }
}
