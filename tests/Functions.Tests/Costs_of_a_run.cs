using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Costs_of_a_run(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_those_of_its_slices()
    {
        await app.Http.TrainedAsync("tiny");

        var cost = (await app.Http.JsonAsync("api/runs/tiny"))["cost"]!;

        var (executions, gbSeconds) = ((int)cost["executions"]!, (double)cost["gbSeconds"]!);
        Assert.True(executions >= 2, cost.ToJsonString()); // two epochs
        Assert.True(gbSeconds >= executions * 4, cost.ToJsonString()); // at least a second of 4 GB each
        Assert.Equal(gbSeconds * 0.000026 + executions * 0.4e-6, (double)cost["amount"]!, 2e-6);
        Assert.Equal(gbSeconds / 4 / 60, (double)cost["minutes"]!, 1e-3);
        Assert.Equal(("USD", null), ((string)cost["currency"]!, cost["estimated"]));
    }

    [Fact]
    public async Task Are_estimated_in_a_dry_run_by_the_speed_of_an_earlier_run()
    {
        await app.Http.TrainedAsync("tiny");

        var (two, twenty) = (await EstimateAsync(epochs: 2), await EstimateAsync(epochs: 20));

        Assert.Matches("^By the speed of run '.*', which has the same networks", (string)two["reason"]!);
        Assert.NotNull(await app.Http.JsonAsync($"api/runs/{two["basedOn"]}"));
        Assert.InRange((double)two["cost"]!["amount"]!, 1e-9, (double)twenty["cost"]!["amount"]!);
    }

    [Fact]
    public async Task Are_not_estimated_without_an_earlier_run_of_that_kind()
    {
        using var content = new StringContent("""{"dataset": "digits", "preset": "tutorial"}""");
        using var answer = await app.Http.PostAsync("api/runs?dryRun=true", content, Cancellation);
        var estimate = (await answer.ReadAsync())["estimate"]!;

        Assert.Null(estimate["cost"]);
        Assert.StartsWith("No earlier run with the preset tutorial on pictures of 28x28 with 1 channel", (string)estimate["reason"]!, StringComparison.Ordinal);
    }

    private async Task<JsonNode> EstimateAsync(int epochs)
    {
        var body = ApiCalls.Tiny("dry-estimate");
        body["epochs"] = epochs;
        using var answer = await app.Http.PostAsJsonAsync("api/runs?dryRun=true", body, Cancellation);
        return (await answer.ReadAsync())["estimate"]!;
    }
}
