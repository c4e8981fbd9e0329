using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Sweeps_that_cannot_start(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_refused_with_everything_that_is_wrong()
    {
        using var answer = await PostAsync("""
            {"sweep": "Not An Id", "search": "grid", "metric": "fun", "trials": 0,
             "space": {"rate": [1], "batchSize": [16, 1], "beta1": {"min": 0.9, "max": 0.1}, "epochs": [1]},
             "options": {"epochs": 2, "dataset": "nothing", "initFrom": {"run": "nobody"}}}
            """);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = (await answer.ReadAsync())["errors"]!.AsObject();
        Assert.Equal(
            [
                "metric", "options.dataset", "options.epochs", "options.initFrom.run", "space.batchSize", "space.beta1", "space.rate", "sweep", "trials",
            ],
            errors.Select(error => error.Key).Order(StringComparer.Ordinal));
        Assert.Equal("space.batchSize: 1 is not valid; it must be a whole number from 2 to 1024.", (string)errors["space.batchSize"]![0]!);
        Assert.StartsWith(
            "options.initFrom.run: \"nobody\" is not valid; there is no such run.", (string)errors["options.initFrom.run"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_ids_that_are_too_long_or_taken()
    {
        await app.Http.UploadNoiseAsync();
        using var run = await app.Http.StartAsync(ApiCalls.Tiny("wanted-2"));

        Assert.StartsWith(
            "sweep: \"a-name-of-exactly-38-characters-in-all\" is not valid; with 10 trials it must have at most 37 characters",
            await ErrorAsync(SweepCalls.Body("a-name-of-exactly-38-characters-in-all", trials: 10, parallel: 1, epochs: 1)), StringComparison.Ordinal);
        Assert.Equal(
            "sweep: \"wanted\" is not valid; there are runs with the ids of its trials already: wanted-2.",
            await ErrorAsync(SweepCalls.Body("wanted", trials: 2, parallel: 1, epochs: 1)));
    }

    [Fact]
    public async Task Include_dry_runs_which_return_the_options_of_each_trial()
    {
        await app.Http.UploadNoiseAsync();

        using var answer = await app.Http.PostAsJsonAsync(
            "api/sweeps?dryRun=true", SweepCalls.Body("planned", trials: 9, parallel: 4, epochs: 9, halving: new() { ["epochs"] = 1 }), Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var draft = await answer.ReadAsync();
        Assert.Equal([1, 3, 9], draft["rungs"]!.AsArray().Select(rung => (int)rung!));
        Assert.Equal((9, "planned-9"), (draft["trials"]!.AsArray().Count, (string)draft["trials"]![8]!["run"]!));
        Assert.All(draft["trials"]!.AsArray(), trial =>
            Assert.Equal((double)trial!["options"]!["learningRate"]!, (double)trial["resolved"]!["learningRate"]!));
        using var none = await app.Http.GetAsync("api/sweeps/planned", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Include_dry_runs_whose_trials_have_the_networks_of_the_run_they_start_from()
    {
        await app.Http.TrainedAsync("tiny");
        var body = new JsonObject
        {
            ["sweep"] = "tuned",
            ["space"] = new JsonObject { ["learningRate"] = new JsonArray(0.001, 0.002) },
            ["options"] = new JsonObject { ["dataset"] = "digits", ["initFrom"] = new JsonObject { ["run"] = "tiny" } },
            ["trials"] = 2,
        };

        using var fitting = await app.Http.PostAsJsonAsync("api/sweeps?dryRun=true", body, Cancellation);
        body["space"]!["hiddenUnits"] = new JsonArray(256, 512);
        using var varied = await app.Http.PostAsJsonAsync("api/sweeps?dryRun=true", body, Cancellation);

        var trials = (await fitting.ReadAsync())["trials"]!.AsArray();
        Assert.Equal((2, HttpStatusCode.BadRequest), (trials.Count, varied.StatusCode));
        Assert.All(trials, trial => Assert.Equal((0.25, 0), ((double)trial!["resolved"]!["widthMultiplier"]!, (int)trial["resolved"]!["hiddenUnits"]!)));
        Assert.Contains(
            "The checkpoint lacks the tensor discriminator.hidden.weight.", (string)(await varied.ReadAsync())["errors"]!["options.initFrom.run"]![0]!,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Include_dry_runs_which_estimate_the_costs_of_the_whole_sweep()
    {
        await app.Http.TrainedAsync("tiny");
        var body = new JsonObject
        {
            ["sweep"] = "estimated",
            ["space"] = new JsonObject { ["learningRate"] = new JsonArray(0.001, 0.002) },
            ["options"] = new JsonObject { ["preset"] = "compact", ["dataset"] = "digits", ["epochs"] = 20 },
            ["trials"] = 4,
        };
        using var run = await app.Http.PostAsJsonAsync(
            "api/runs?dryRun=true", new { run = "estimated-run", preset = "compact", dataset = "digits", epochs = 20 }, Cancellation);
        using var sweep = await app.Http.PostAsJsonAsync("api/sweeps?dryRun=true", body, Cancellation);

        var (one, all) = ((await run.ReadAsync())["estimate"]!, (await sweep.ReadAsync())["estimate"]!);
        Assert.Equal((string)one["basedOn"]!, (string)all["basedOn"]!);
        var amount = (double)one["cost"]!["amount"]!;
        Assert.Equal(4 * amount, (double)all["cost"]!["amount"]!, amount / 100);
    }

    [Fact]
    public async Task Have_limits_that_are_validated()
    {
        await app.Http.UploadNoiseAsync();
        var body = SweepCalls.Body("unlimited", trials: 2, parallel: 1, epochs: 1);
        (body["maxMinutes"], body["maxCost"]) = (0, "1 USD");

        using var refused = await PostAsync(body.ToJsonString());

        Assert.Equal(
            "maxCost: \"1 USD\" is not valid; it must be a number from 0.0001 to 1000000. "
            + "maxMinutes: 0 is not valid; it must be a number from 0.01 to 10000000.",
            (string)(await refused.ReadAsync())["detail"]!);
    }

    private async Task<string> ErrorAsync(JsonObject body)
    {
        using var answer = await PostAsync(body.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (string)(await answer.ReadAsync())["errors"]!["sweep"]![0]!;
    }

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = new StringContent(body);
        return await app.Http.PostAsync("api/sweeps", content, Cancellation);
    }
}
