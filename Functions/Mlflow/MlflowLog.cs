using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Export;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.Mlflow;

/// <summary>
/// Logs runs to an MLflow server: options as parameters, losses and quality of every epoch as metrics, and at the end the generator as an artifact. What
/// is already there follows from the tags of the run on the server, so a repeated or an omitted call does no harm.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="http">A client with the server's address and credentials.</param>
/// <param name="runs">The runs.</param>
/// <param name="losses">Their loss log.</param>
/// <param name="checkpoints">Their checkpoints.</param>
public sealed class MlflowLog(MlflowOptions options, HttpClient http, RunStore runs, LossLog losses, CheckpointStore checkpoints)
{
    // Without characters that filters would have to quote.
    private const string RunTag = "ganfunctions_run";
    private const string PositionTag = "ganfunctions_position"; // row key of the last logged epoch
    private const string ReasonTag = "ganfunctions_reason";
    private const string GeneratorTag = "ganfunctions_generator_sha256";
    private const int EpochsPerBatch = 50; // at most 14 metrics each, and MLflow accepts 1000
    private const int MaxValue = 500; // characters of a parameter

    private readonly MlflowClient _server = new(http);

    /// <summary>Brings a run on the server up to date. Does nothing if the run was deleted here.</summary>
    /// <exception cref="HttpRequestException">The server is unreachable or refuses a call.</exception>
    public async Task LogAsync(string run, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { Phase: not Phase.Deleting } row) return;
        var tracked = await RunOfAsync(row, cancellation);
        if (!tracked.HasParameters) await _server.LogAsync(tracked.Id, [], ParametersOf(row.Options), [], cancellation);
        await LogEpochsAsync(row, tracked, cancellation);
        var status = StatusOf(row.Phase);
        if (status != "RUNNING") await StoreGeneratorAsync(row, tracked, cancellation);
        var reason = Cut(row.Error ?? row.StoppedEarly ?? "");
        if (tracked.Tags.GetValueOrDefault(ReasonTag, "") != reason) await _server.LogAsync(tracked.Id, [], [], [new(ReasonTag, reason)], cancellation);
        if (tracked.Status != status) await _server.UpdateAsync(tracked.Id, status, status == "RUNNING" ? null : row.Timestamp, cancellation);
    }

    private async Task<MlflowRun> RunOfAsync(RunRow row, CancellationToken cancellation)
    {
        var experiment = await _server.ExperimentAsync(options.Experiment, cancellation);
        var created = row.CreatedAt.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture); // the id can be used again after a deletion
        var value = $"{row.RowKey}-{created}";
        if (await _server.FindRunAsync(experiment, RunTag, value, cancellation) is { } known) return known;
        var added = await _server.CreateRunAsync(
            experiment, row.RowKey, row.CreatedAt, [new(RunTag, value), new("mlflow.source.name", "GanFunctions")], cancellation);
        var first = await _server.FindRunAsync(experiment, RunTag, value, cancellation);
        if (first is null || first.Id == added.Id) return added;
        await _server.DeleteRunAsync(added.Id, cancellation); // another worker created one at the same time
        return first;
    }

    private async Task LogEpochsAsync(RunRow row, MlflowRun tracked, CancellationToken cancellation)
    {
        var position = tracked.Tags.GetValueOrDefault(PositionTag) ?? "";
        var epochs = losses.ReadAfterAsync(row.RowKey, position, cancellation).Where(each => each.Step() is null);
        await foreach (var batch in epochs.Chunk(EpochsPerBatch).WithCancellation(cancellation))
        {
            var metrics = new JsonArray([.. batch.SelectMany(each => MetricsOf(each, row.StepsPerEpoch))]);
            await _server.LogAsync(tracked.Id, metrics, [], [new(PositionTag, batch[^1].RowKey)], cancellation);
        }
    }

    private async Task StoreGeneratorAsync(RunRow row, MlflowRun tracked, CancellationToken cancellation)
    {
        var stored = tracked.Tags.GetValueOrDefault(GeneratorTag);
        var found = await checkpoints.LoadGeneratorAsync(row.RowKey, epoch: null, last => last.Generator.Sha256 == stored, cancellation);
        if (found is not (var manifest, { } file)) return;
        if (!await _server.TryStoreAsync(tracked, $"generator-{manifest.Epoch:D5}.safetensors", file, cancellation)) return;
        await _server.LogAsync(tracked.Id, [], [], [new(GeneratorTag, manifest.Generator.Sha256)], cancellation);
    }

    private static string StatusOf(Phase phase) => phase switch
    {
        Phase.Completed => "FINISHED",
        Phase.Failed => "FAILED",
        Phase.Cancelled => "KILLED",
        _ => "RUNNING",
    };

    private static IEnumerable<JsonNode> MetricsOf(LossRow row, int stepsPerEpoch) =>
        from metric in RunMetrics.Of(row)
        where double.IsFinite(metric.Value)
        select new JsonObject
        {
            ["key"] = metric.Name,
            ["value"] = metric.Value,
            ["timestamp"] = row.Time.ToUnixTimeMilliseconds(),
            ["step"] = RunMetrics.StepOf(row, stepsPerEpoch),
        };

    private static IEnumerable<KeyValuePair<string, string>> ParametersOf(TrainingOptions options) =>
        Flat("", JsonSerializer.SerializeToNode(options, Json.Options)!.AsObject());

    private static IEnumerable<KeyValuePair<string, string>> Flat(string prefix, JsonObject values) => values.SelectMany(value => value.Value switch
    {
        null => [],
        JsonObject inner => Flat($"{prefix}{value.Key}.", inner),
        var other => [new KeyValuePair<string, string>($"{prefix}{value.Key}", Cut(other.ToString()))],
    });

    private static string Cut(string text) => text.Length > MaxValue ? text[..MaxValue] : text;
}

/// <summary>The services of MLflow.</summary>
public static class MlflowServices
{
    /// <summary>Registers what logs runs to an MLflow server.</summary>
    public static IServiceCollection AddMlflow(this IServiceCollection services, IConfiguration configuration)
    {
        var options = MlflowOptions.From(configuration);
        services.AddSingleton(options);
        services.AddHttpClient(nameof(MlflowLog), client =>
        {
            client.BaseAddress = options.Server;
            client.DefaultRequestHeaders.Authorization = options.Authorization;
            client.Timeout = TimeSpan.FromMinutes(1);
        }).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), AllowAutoRedirect = false })
            .RemoveAllLoggers();
        return services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MlflowLog>(
            provider, options, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(MlflowLog))));
    }
}
