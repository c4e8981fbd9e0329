using System.Net;
using System.Security.Cryptography;
using System.Text;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class A_run_in_MLflow
{
    [Fact]
    public async Task Has_the_options_the_epochs_and_the_generator_although_the_server_fails_at_first()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var mlflow = await MlflowServer.StartAsync($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("me:secret"))}", failures: 2);
        await using var app = App.Start(azurite.ConnectionString, new Dictionary<string, string?>
        {
            ["MLFLOW_TRACKING_URI"] = mlflow.Address,
            ["MLFLOW_EXPERIMENT_NAME"] = "pictures",
            ["MLFLOW_TRACKING_USERNAME"] = "me",
            ["MLFLOW_TRACKING_PASSWORD"] = "secret",
        });
        var http = await app.WaitUntilListeningAsync();
        await Bars.UploadedAsync(http);
        using var started = await http.StartAsync(ApiCalls.Tiny("tracked", Bars.Name));
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await http.UntilAsync("tracked", "completed");
        await Wait.UntilAsync(() => mlflow.Runs is [{ Status: "FINISHED" }], $"the run in MLflow\n{string.Join('\n', mlflow.Problems)}\n{app.Output}");

        var run = Assert.Single(mlflow.Runs);
        Assert.Equal(("tracked", Bars.Name, "16"), (run.Name, run.Parameters["dataset"], run.Parameters["batchSize"]));
        Assert.NotNull(run.End);
        Assert.Equal(await LossesAsync(http), Logged(run));
        Assert.Equal((await http.LastCheckpointAsync("tracked")).Generator, Sha256(mlflow.Artifacts[$"0/{run.Id}/artifacts/generator-00002.safetensors"]));

        using var extended = await http.CallAsync("api/runs/tracked/extend", new { epochs = 1 });
        Assert.Equal(HttpStatusCode.Accepted, extended.StatusCode);
        await http.UntilAsync("tracked", "completed");
        await Wait.UntilAsync(
            () => mlflow.Artifacts.ContainsKey($"0/{run.Id}/artifacts/generator-00003.safetensors") && run.Status == "FINISHED", "the extended run in MLflow");
        Assert.Single(mlflow.Runs);
        Assert.Equal(await LossesAsync(http), Logged(run));
        Assert.Empty(mlflow.Problems);
    }

    private static async Task<string[]> LossesAsync(HttpClient http) =>
        [.. (await http.JsonAsync("api/runs/tracked/losses"))["epochs"]!.AsArray().Select(row => $"{row!["epoch"]}: {(double)row["generatorLoss"]!}")];

    private static string[] Logged(MlflowServerRun run) =>
    [
        .. run.Metrics.Where(metric => metric.Key == "epoch/generator_loss").OrderBy(metric => metric.Step)
            .Select(metric => $"{metric.Step}: {metric.Value}"),
    ];

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
