using System.Text.Json.Nodes;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class The_actions_of_a_run(App app, Browser browser)
{
    private static readonly string[] Buttons = ["Pause", "Resume", "Cancel", "Extend", "Delete"];

    [Theory]
    [InlineData("pause", "Pause")]
    [InlineData("resume", "Resume")]
    [InlineData("cancel", "Cancel")]
    [InlineData("extend", "Extend")]
    [InlineData("delete", "Delete")]
    [InlineData(null, null)]
    public async Task Decide_alone_which_buttons_are_shown(string? action, string? button)
    {
        await TrainedRun.ReadyAsync(app);
        await using var visit = await browser.VisitAsync(app.Http.BaseAddress!);
        await visit.Page.RouteAsync($"**/api/runs/{TrainedRun.Id}", async route =>
        {
            var run = await app.Http.JsonAsync($"api/runs/{TrainedRun.Id}");
            run["actions"] = action is null ? [] : new JsonArray(action);
            await route.FulfillAsync(new() { ContentType = "application/json", Body = run.ToJsonString() });
        });

        await visit.ShowAsync($"runs/{TrainedRun.Id}");

        await ExpectAsync(visit, "completed", button is null ? [] : [button]);
    }

    [Fact]
    public async Task Change_with_its_state()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Long("changing"));
        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, "#/runs/changing"));
        await ExpectAsync(visit, "training", "Pause", "Cancel", "Extend");

        using var paused = await app.Http.CallAsync("api/runs/changing/pause");
        await ExpectAsync(visit, "paused", "Resume", "Cancel", "Extend");

        using var cancelled = await app.Http.CallAsync("api/runs/changing/cancel");
        await ExpectAsync(visit, "cancelled", "Extend", "Delete");
    }

    private static async Task ExpectAsync(Visit visit, string state, params string[] expected)
    {
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = state, Level = 1 })).ToBeVisibleAsync();
        foreach (var name in Buttons)
        {
            await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true })).ToHaveCountAsync(expected.Contains(name) ? 1 : 0);
        }
        await Expect(visit.Page.GetByLabel("Extend by")).ToHaveCountAsync(expected.Contains("Extend") ? 1 : 0);
    }
}
