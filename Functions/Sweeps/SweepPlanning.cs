using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;

namespace GanFunctions.Functions.Sweeps;

/// <summary>A sweep that could be started.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Options">The resolved options of each trial, for its last epoch.</param>
/// <param name="Data">The data set; null if it is unknown.</param>
/// <param name="Unavailable">Why the data set is unavailable; null if it is available.</param>
public sealed record PlannedSweep(
    SweepDefinition Definition, IReadOnlyList<TrainingOptions> Options, DatasetInfo? Data, DatasetUnavailableException? Unavailable);

/// <summary>Reads and checks the definition of a sweep, with the options of every trial.</summary>
public sealed class SweepPlanning(RunStore runs, DatasetCatalog datasets, InitialCheckpoints checkpoints)
{
    private const string InitFromOption = "initFrom";
    private const int MaxId = 40;

    /// <summary>Reads a definition.</summary>
    /// <param name="sweep">The sweep's id.</param>
    /// <param name="body">The user's JSON.</param>
    /// <param name="faults">Receives everything that is wrong.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<PlannedSweep> PlanAsync(string sweep, JsonObject body, Faults faults, CancellationToken cancellation)
    {
        var initial = await PinCheckpointsAsync(body, faults, cancellation);
        var (definition, space) = SweepReader.Read(body, faults);
        var (data, unavailable) = ((DatasetInfo?)null, (DatasetUnavailableException?)null);
        try
        {
            var dataset = OptionsReader.DatasetOf(definition.Options);
            await datasets.CheckAsync(dataset, cancellation);
            data = await datasets.GetAsync(dataset, cancellation);
        }
        catch (UnknownDatasetException unknown)
        {
            faults.Add("options.dataset", $"options.dataset: {DatasetProblems.Unknown(unknown)}");
        }
        catch (DatasetUnavailableException problem)
        {
            unavailable = problem; // errors in the request are reported first
        }
        var options = TrialOptions.Read(definition, space, data, faults);
        if (data is not null) CheckFit(initial, options, data, faults);
        await CheckRunsAsync(sweep, definition, faults, cancellation);
        return new(definition, options, data, unavailable);
    }

    /// <summary>Resolves the checkpoints that trials start from, so that all of them start from the same.</summary>
    private async Task<Dictionary<InitFrom, InitialCheckpoint>> PinCheckpointsAsync(JsonObject body, Faults faults, CancellationToken cancellation)
    {
        var found = new Dictionary<InitFrom, InitialCheckpoint>();
        var space = body["space"] as JsonObject ?? [];
        if (body["options"] is JsonObject options && options[InitFromOption] is JsonObject shared)
        {
            foreach (var (name, value) in await checkpoints.FindNetworksAsync(options, cancellation))
                if (!space.ContainsKey(name)) options.TryAdd(name, value!.DeepClone());
            options[InitFromOption] = await PinAsync("options.", shared);
        }
        var list = space[InitFromOption] as JsonArray ?? [];
        for (var i = 0; i < list.Count; i++)
            if (list[i] is JsonObject given) list[i] = await PinAsync("space.", given);
        return found;

        async Task<JsonNode> PinAsync(string prefix, JsonObject given)
        {
            var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
            var read = OptionsReader.Read(new() { [InitFromOption] = given.DeepClone() }, null, problems).InitFrom;
            if (read is null || problems.Count > 0) return given.DeepClone(); // the reader of the sweep reports it
            var checkpoint = await checkpoints.FindAsync(read, problems, cancellation);
            faults.Add(prefix, problems);
            if (checkpoint is null) return given.DeepClone();
            found[checkpoint.From] = checkpoint;
            return JsonSerializer.SerializeToNode(checkpoint.From, Json.Options)!;
        }
    }

    private static void CheckFit(
        Dictionary<InitFrom, InitialCheckpoint> initial, IReadOnlyList<TrainingOptions> trials, DatasetInfo data, Faults faults)
    {
        // The options that decide which networks a trial has
        var different = trials.Where(options => options.InitFrom is not null)
            .DistinctBy(options => (options.InitFrom, options.Preset, options.Conditional, options.WidthMultiplier, options.HiddenUnits));
        foreach (var options in different)
        {
            if (!initial.TryGetValue(options.InitFrom!, out var checkpoint)) continue;
            var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
            InitialCheckpoints.CheckFit(checkpoint, options, data, problems);
            faults.Add("options.", problems);
        }
    }

    private async Task CheckRunsAsync(string sweep, SweepDefinition definition, Faults faults, CancellationToken cancellation)
    {
        if (faults.Concern("sweep")) return;
        var room = MaxId - 1 - definition.Trials.ToString(CultureInfo.InvariantCulture).Length;
        if (sweep.Length > room)
        {
            faults.Add("sweep", $"sweep: \"{sweep}\" is not valid; with {definition.Trials} trials it must have at most {room} characters, because the "
                + $"run of a trial has the id {{sweep}}-{{n}}, of at most {MaxId}.");
            return;
        }
        var wanted = Enumerable.Range(1, definition.Trials).Select(trial => SweepDefinition.RunOf(sweep, trial)).ToHashSet();
        var taken = await runs.ListAsync($"{sweep}-", cancellation).Where(run => wanted.Contains(run.RowKey)).Select(run => run.RowKey).Take(11)
            .ToListAsync(cancellation);
        if (taken.Count == 0) return;
        faults.Add("sweep", $"sweep: \"{sweep}\" is not valid; there are runs with the ids of its trials already: "
            + $"{string.Join(", ", taken.Take(10))}{(taken.Count > 10 ? ", and more" : "")}.");
    }
}
