using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class A_page_behind_a_key_and_a_path(App shared, Browser browser)
{
    private const string Key = "s3cret&more";

    [Fact]
    public async Task Asks_for_the_key_once_and_then_works_in_full()
    {
        await TrainedRun.ReadyAsync(shared);
        // A second app on the same storage, reachable from other machines and behind a proxy that adds a path prefix.
        await using var app = App.Start(shared.Azurite.ConnectionString, "--urls", "http://0.0.0.0:0", "--EmbeddedHost:Key", Key);
        await app.WaitForLineAsync("Now listening on: ");
        var port = app.Lines.First(line => line.Text.Contains("Now listening on: ", StringComparison.Ordinal)).Text.Split(':')[^1].Trim();
        await using var proxy = await ProxyAsync($"http://127.0.0.1:{port}");
        var address = new Uri(new Uri(proxy.Urls.First()), "gans/one/");
        await using var visit = await browser.VisitAsync(address);
        var page = visit.Page;

        await page.GetByLabel("Function key").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The key is not valid.");
        await page.GetByLabel("Function key").FillAsync(Key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

        await AssertCompleteAsync(visit);
        Assert.DoesNotContain("code=", page.Url, StringComparison.Ordinal);
        await using var withKey = await browser.VisitAsync(new Uri(address, $"?code={WebUtility.UrlEncode(Key)}"));
        await AssertCompleteAsync(withKey);
        Assert.DoesNotContain("code=", withKey.Page.Url, StringComparison.Ordinal);
    }

    private static async Task AssertCompleteAsync(Visit visit)
    {
        await Expect(visit.Page.Locator($"[data-run={TrainedRun.Id}] img")).ToBeVisibleAsync();
        await visit.ShowAsync($"runs/{TrainedRun.Id}");
        var grid = visit.Page.GetByAltText($"64 pictures generated after epoch {TrainedRun.Epochs}");
        await Expect(grid).ToBeVisibleAsync();
        Assert.True(await grid.EvaluateAsync<bool>("async image => { await image.decode(); return image.naturalWidth > 100; }"));
        Assert.All(
            visit.Requests.Where(url => url.StartsWith("http", StringComparison.Ordinal)),
            url => Assert.Contains("/gans/one/", url, StringComparison.Ordinal));
        await visit.ShowAsync($"runs/{TrainedRun.Id}/explore");
        await Expect(visit.Page.GetByText("Generated in the browser")).ToBeVisibleAsync();
    }

    private static async Task<WebApplication> ProxyAsync(string destination)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddReverseProxy().LoadFromMemory(
            [
                new RouteConfig
                {
                    RouteId = "one",
                    ClusterId = "one",
                    Match = new() { Path = "/gans/one/{**rest}" },
                    Transforms = [new Dictionary<string, string> { ["PathRemovePrefix"] = "/gans/one" }],
                },
            ],
            [new ClusterConfig { ClusterId = "one", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = destination } } }]);
        var proxy = builder.Build();
        proxy.MapReverseProxy();
        await proxy.StartAsync();
        return proxy;
    }
}
