using System.Net;
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

    [Fact]
    public async Task Stay_within_a_limit_which_an_extension_grants_once_more()
    {
        var body = ApiCalls.Long("limited");
        body["maxMinutes"] = 0.05; // much less than an epoch takes
        using var started = await app.Http.StartAsync(body);

        var ended = await app.Http.UntilAsync("limited", "completed");
        using var extension = await app.Http.CallAsync("api/runs/limited/extend", new { epochs = 1 });
        var extended = await app.Http.UntilAsync("limited", "completed");

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (started.StatusCode, extension.StatusCode));
        Assert.Matches(@"^The run has been billed for [\d.]+ minutes of training: maxMinutes is 0.05\.$", (string)ended["stoppedEarly"]!);
        Assert.Matches(
            @"^The run has been billed for [\d.]+ minutes of training since it was extended: maxMinutes is 0.05\.$", (string)extended["stoppedEarly"]!);
        var (first, both) = ((double)ended["cost"]!["minutes"]!, (double)extended["cost"]!["minutes"]!);
        Assert.True(first >= 0.05 && both >= first + 0.05, $"{first}, {both}");
        Assert.Equal((1, 1), ((int)ended["progress"]!["epoch"]!, (int)extended["progress"]!["epoch"]!));
        Assert.InRange((int)extended["progress"]!["step"]!, (int)ended["progress"]!["step"]! + 1, (int)ended["progress"]!["stepsPerEpoch"]! - 1);
    }

    [Fact]
    public async Task Have_limits_that_are_validated()
    {
        using var content = new StringContent("""{"dataset": "digits", "maxMinutes": 0, "maxCost": "1 USD"}""");
        using var answer = await app.Http.PostAsync("api/runs", content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            "maxCost: \"1 USD\" is not valid; it must be a number from 0.0001 to 1000000. "
            + "maxMinutes: 0 is not valid; it must be a number from 0.01 to 10000000.",
            (string)(await answer.ReadAsync())["detail"]!);
    }

    private async Task<JsonNode> EstimateAsync(int epochs)
    {
        var body = ApiCalls.Tiny("dry-estimate");
        body["epochs"] = epochs;
        using var answer = await app.Http.PostAsJsonAsync("api/runs?dryRun=true", body, Cancellation);
        return (await answer.ReadAsync())["estimate"]!;
    }
}
