using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Runs;

/// <summary>What a run would cost, by the speed of an earlier one.</summary>
/// <param name="Cost">The estimate; null if there is no such run, or the data set is not stored yet.</param>
/// <param name="Currency">The currency of the estimate.</param>
/// <param name="BasedOn">The earlier run; null without an estimate.</param>
/// <param name="Reason">What the estimate is based on, or why there is none.</param>
public sealed record DryRunEstimate(CostEstimate? Cost, string Currency, string? BasedOn, string Reason);

/// <summary>The response to a dry run: the resolved options, and an estimate of the costs.</summary>
public sealed class DryRun(RunStore runs, DatasetCatalog datasets, CostSettings costs)
{
    private const string EstimateField = "estimate";
    private const int MaxDatasets = 20; // whose sizes are looked up

    /// <summary>The response.</summary>
    /// <param name="options">The resolved options.</param>
    /// <param name="data">The run's data set.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<IResult> RespondAsync(TrainingOptions options, DatasetInfo? data, CancellationToken cancellation) =>
        Results.Json(ToJson(options, await EstimateAsync(options, data, cancellation)), Json.Options);

    /// <summary>The response as JSON.</summary>
    internal static JsonObject ToJson(TrainingOptions options, DryRunEstimate estimate)
    {
        var json = JsonSerializer.SerializeToNode(options, Json.Options)!.AsObject();
        json[EstimateField] = JsonSerializer.SerializeToNode(estimate, Json.Options);
        return json;
    }

    /// <summary>The schema of the response.</summary>
    internal static JsonObject Schema(Schemas schemas) => schemas.Like(nameof(DryRun), typeof(TrainingOptions), schema =>
    {
        schema["description"] = "The resolved options, and an estimate of what the run would cost.";
        schema["properties"]![EstimateField] = schemas.Of(typeof(DryRunEstimate));
        schema["required"]!.AsArray().Add((JsonNode)EstimateField);
    });

    private async Task<DryRunEstimate> EstimateAsync(TrainingOptions options, DatasetInfo? data, CancellationToken cancellation)
    {
        var (pace, basedOn, reason) = await FindPaceAsync(options, data, cancellation);
        if (pace is null) return new(null, costs.Currency, null, reason);
        var total = (long)options.StepsPerEpoch(data!.Train!.Value) * options.BatchSize * options.Epochs;
        return new(pace.For(total, costs), costs.Currency, basedOn, reason);
    }

    /// <summary>The pace of the newest earlier run with the same preset and pictures of the same size whose speed is known.</summary>
    /// <param name="options">The resolved options.</param>
    /// <param name="data">The data set.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <returns>The pace and that run, or null; and what the pace is based on, or why there is none. With a pace, the size of the data set is known.</returns>
    internal async Task<(TrainingPace? Pace, string? Run, string Reason)> FindPaceAsync(
        TrainingOptions options, DatasetInfo? data, CancellationToken cancellation)
    {
        if (data is not { Train: not null, Height: { } side, Channels: { } channels })
            return (null, null, $"The data set {options.Dataset} is not stored yet, so its size is unknown.");
        var sizes = new Dictionary<string, bool> { [data.Name] = true };
        var rows = await runs.ListAsync(cancellation).ToListAsync(cancellation);
        foreach (var row in rows.OrderByDescending(row => row.CreatedAt))
        {
            var earlier = row.Options;
            if (row.Phase == Phase.Deleting || earlier.Preset != options.Preset || TrainingPace.Of(row) is not { } pace) continue;
            if (!sizes.TryGetValue(earlier.Dataset, out var isSameSize))
            {
                if (sizes.Count == MaxDatasets) continue;
                var other = await datasets.GetAsync(earlier.Dataset, cancellation);
                sizes[earlier.Dataset] = isSameSize = (other?.Height, other?.Channels) == (side, channels);
            }
            if (!isSameSize) continue;
            return (pace, row.RowKey,
                $"By the speed of run '{row.RowKey}', which has the same networks and pictures of the same size. Other options and instances change it.");
        }
        return (null, null, $"No earlier run with the preset {JsonNamingPolicy.CamelCase.ConvertName(options.Preset.ToString())} on pictures of {side}x{side} "
            + $"with {channels} channel{(channels == 1 ? "" : "s")} has trained long enough to measure its speed.");
    }
}
