using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Sweeps;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class SweepFeature
{
    private const string SweepPath = "/api/sweeps/{sweep}";

    private static readonly Parameter<string> Sweep = Parameter.Id("sweep", "The sweep's id.", SweepExamples.Id);

    private static readonly Response NoSweep = new(404, "There is no such sweep.", Media.Problem(
        Problem.NotFound(SweepProblems.NoSweepTitle, SweepProblems.NoSweepDetail("nobody"))))
    {
        Name = nameof(NoSweep),
    };

    private static readonly DatasetUnavailableException Unavailable = new(
        "mnist", ["https://example.com/mnist/: no answer within 4 s"], "use 'dataset': 'digits', which is built in");

    private static readonly Header[] Location = [Header.Location($"/api/sweeps/{SweepExamples.Id}")];

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddSweeps(this IServiceCollection services) => services
        .AddSingleton(Feature)
        .AddSingleton<SweepPlanning>()
        .AddSingleton<SweepEstimate>()
        .AddSingleton<SweepLimits>()
        .AddSingleton<SweepStarter>()
        .AddSingleton<TrialRuns>()
        .AddHostedService<SweepRecovery>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("sweeps", "Search for good training options.",
    [
        new(nameof(StartSweep), "post", "/api/sweeps", "Starts a sweep")
        {
            Description = "A sweep trains a run for each trial, with the id `{sweep}-{n}`, and compares them by a measure of quality. With `halving`, "
                + "only the best trials are trained on (asynchronous successive halving).",
            Parameters = [StartSweep.DryRun],
            Body = new("What to try, and how.", IsRequired: true, Media.Json(StartSchema, SweepExamples.Body)),
            Responses =
            [
                new(200, "The definition, the options of each trial, and an estimate of the costs (`dryRun`).", Media.Json(SweepExamples.Draft)),
                new(202, "The sweep is started.", Media.Json(SweepExamples.Queued)) { Headers = Location },
                Response.Invalid("space.batchSize", "space.batchSize: 1 is not valid; it must be a whole number from 2 to 1024."),
                Conflict("A sweep with that id exists.", SweepProblems.TakenTitle, SweepProblems.TakenDetail(SweepExamples.Id)),
                Response.TooLarge("The body is too large.", $"The body has more than 65536 bytes; it must be a JSON object such as {StartSweep.Example}."),
                new(422, "The data set is unavailable.", Media.Problem(new DatasetUnavailable(
                    "https://tools.ietf.org/html/rfc4918#section-11.2", DatasetProblems.UnavailableTitle, 422,
                    Unavailable.Message, Unavailable.Tried, DatasetProblems.AdviceOn(Unavailable)))),
            ],
        },
        new("ListSweeps", "get", "/api/sweeps", "Lists sweeps, newest first")
        {
            Parameters = [GetSweeps.Limit],
            Responses =
            [
                new(200, "The sweeps, without their trials.", Media.Json(new SweepList([SweepExamples.Running with { Trials = null }]))),
                Response.Invalid("limit", "limit: '0' is not valid; it must be a whole number from 1 to 100."),
            ],
        },
        new("GetSweep", "get", SweepPath, "Gets a sweep")
        {
            Parameters = [Sweep],
            Responses = [new(200, "The sweep.", Media.Json(SweepExamples.Running)), Response.NoParameters, NoSweep],
        },
        new("GetTrials", "get", $"{SweepPath}/trials", "Gets the trials of a sweep")
        {
            Parameters = [Sweep, GetSweeps.Formats],
            Responses =
            [
                new(200, "The trials.", Media.Json(new TrialList(SweepExamples.Id, SweepExamples.Running.Trials!)),
                    Media.Text("text/csv", TrialView.Csv(SweepExamples.Running.Trials!)))
                {
                    Headers = [Header.Vary],
                },
                Response.Invalid("format", "format: 'xls' is not valid; it must be one of json, csv."),
                NoSweep,
            ],
        },
        new("CancelSweep", "post", $"{SweepPath}/cancel", "Cancels a sweep")
        {
            Description = "Starts no more trials, and cancels the runs that have not ended. They commit within a second or two; their checkpoints are kept.",
            Parameters = [Sweep],
            Responses =
            [
                new(202, "The sweep after the change.", Media.Json(SweepExamples.Running with { State = SweepState.Cancelling })) { Headers = Location },
                Response.NoParameters, NoSweep, NotAllowed("cancel", SweepState.Completed, ControlSweep.Cancellable),
            ],
        },
        new("DeleteSweep", "delete", SweepPath, "Deletes a sweep that has ended")
        {
            Description = "Its runs are kept, unless `runs` is true. Then all of them must have ended.",
            Parameters = [Sweep, ControlSweep.Runs],
            Responses =
            [
                new(204, "The sweep is deleted."), Response.Invalid("runs", "runs: 'all' is not valid; it must be one of true, false."),
                NoSweep, NotAllowed("delete", SweepState.Running, ControlSweep.Deletable),
            ],
        },
    ]);

    private static Response NotAllowed(string action, SweepState state, IReadOnlyList<SweepState> allowed) => Conflict(
        "The sweep's state does not allow it.", SweepProblems.StateTitle(state), SweepProblems.StateDetail(SweepExamples.Id, state, action, allowed));

    private static Response Conflict(string description, string title, string detail) =>
        new(409, description, Media.Problem(new SweepConflict(OpenApi.Conflict.TypeOfAll, title, 409, detail, $"/api/sweeps/{SweepExamples.Id}")));

    private static JsonObject StartSchema(Schemas schemas) => schemas.Like("SweepRequest", typeof(SweepDefinition), schema =>
    {
        schema["required"] = new JsonArray("space");
        schema["additionalProperties"] = false;
        var properties = schema["properties"]!.AsObject();
        properties.Insert(0, "sweep", new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["description"] = "The sweep's id, which must leave room for `-{n}` in the 40 characters of a run's id. By default, an id is generated.",
            ["pattern"] = $"^{ResourceId.Pattern}$",
        });
        properties["metric"]!["enum"] = new JsonArray([.. SweepMetric.All.Select(metric => JsonValue.Create(metric.Name))]);
        foreach (var (name, min, max) in ((string, int, int)[])[("trials", 1, SweepDefinition.MaxTrials), ("parallel", 1, SweepDefinition.MaxParallel)])
            (properties[name]!["minimum"], properties[name]!["maximum"]) = (min, max);
        properties["seed"]!["minimum"] = 0;
        (properties["maxMinutes"]!["minimum"], properties["maxMinutes"]!["maximum"]) = SweepDefinition.MinutesRange;
        (properties["maxCost"]!["minimum"], properties["maxCost"]!["maximum"]) = SweepDefinition.CostRange;
        properties["halving"]!["anyOf"]![0] = schemas.Like("HalvingRequest", typeof(Halving), halving =>
        {
            halving["required"] = new JsonArray("epochs");
            halving["additionalProperties"] = false;
            halving["properties"]!["epochs"]!["minimum"] = 1;
            (halving["properties"]!["factor"]!["minimum"], halving["properties"]!["factor"]!["maximum"]) = (2, Halving.MaxFactor);
        });
    });
}

/// <summary>Problem details of a conflict with a sweep.</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The conflict.</param>
/// <param name="Sweep">The sweep.</param>
internal sealed record SweepConflict(string Type, string Title, int Status, string Detail, string Sweep) : Problem(Type, Title, Status, Detail);
