using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Notices;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Runs;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class RunFeature
{
    private const string RunPath = "/api/runs/{run}";

    private const string DatasetMustBeSame = "Returns 409 if the run's data set was deleted or replaced since the run began.";

    private static readonly Response Accepted = new(202, "The run after the change.", Media.Json(RunExamples.Training))
    {
        Headers = [Header.Location("/api/runs/first")],
    };

    private static readonly DatasetUnavailableException Unavailable = new(
        "mnist", ["https://example.com/mnist/: no answer within 4 s"], "use 'dataset': 'digits', which is built in");

    private static readonly Response TooLarge = Response.TooLarge(
        "The body is too large.", "The body has more than 65536 bytes; it must be a JSON object such as {\"epochs\": 5}.");

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddRuns(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton(Feature)
        .AddSingleton(TaskHubName.From(configuration))
        .AddSingleton((configuration.GetSection("Costs").Get<CostSettings>() ?? new CostSettings()).Validated())
        .AddSingleton<RunLifecycle>()
        .AddSingleton<InitialCheckpoints>()
        .AddSingleton<RunStarter>()
        .AddSingleton<DryRun>()
        .AddHostedService<Recovery>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("runs", "Start, monitor and control runs.",
    [
        new(nameof(StartRun), "post", "/api/runs", "Starts a run")
        {
            Description = "Omitted options take the preset's values. Starting the same id twice starts one run; the second request returns 409. "
                + "`initFrom` starts from the weights of another run's checkpoint, and `images` sets the length of the run in pictures instead of `epochs`.",
            Parameters = [StartRun.DryRun],
            Body = new("Training options and, optionally, an id for the run.", IsRequired: false, Media.Json(
                StartSchema, new JsonObject { ["run"] = "first", ["dataset"] = "digits", ["epochs"] = 5, ["imagesPerEpoch"] = 6_400 })),
            Responses =
            [
                new(200, "The resolved options and an estimate of the costs (`dryRun`).", Media.Json(
                    DryRun.Schema, DryRun.ToJson(RunExamples.Options, RunExamples.Estimate))),
                new(202, "The run is started.", Media.Json(RunExamples.Queued)) { Headers = [Header.Location("/api/runs/first")] },
                Response.Invalid("epochs", "epochs: 0 is not valid; it must be a whole number from 1 to 99999."),
                Response.Conflict(
                    "A run with that id exists.", "The id is taken.", "There is a run 'first' already; choose another id or leave it out.",
                    "/api/runs/first"),
                TooLarge,
                new(422, "The data set is unavailable.", Media.Problem(new DatasetUnavailable(
                    "https://tools.ietf.org/html/rfc4918#section-11.2", DatasetProblems.UnavailableTitle, 422,
                    Unavailable.Message, Unavailable.Tried, DatasetProblems.AdviceOn(Unavailable)))),
            ],
        },
        new("ListRuns", "get", "/api/runs", "Lists runs, newest first")
        {
            Parameters = [GetRuns.State, GetRuns.Limit],
            Responses =
            [
                new(200, "The runs.", Media.Json(new RunList([RunExamples.Training]))),
                Response.Invalid("limit", "limit: '0' is not valid; it must be a whole number from 1 to 1000."),
            ],
        },
        new("GetRun", "get", RunPath, "Gets a run")
        {
            Parameters = [Parameter.Run],
            Responses = [new(200, "The run.", Media.Json(RunExamples.Training)), Response.NoParameters, Response.NoRun],
        },
        new(nameof(GetRunStorage), "get", $"{RunPath}/storage", "Gets what a run occupies in Blob Storage")
        {
            Parameters = [Parameter.Run],
            Responses =
            [
                new(200, "Size and number of its blobs.", Media.Json(
                    new RunStorage("first", 61_234_567, 9, new(61_009_876, 4), new(214_321, 2)))),
                Response.NoParameters,
                Response.NoRun,
            ],
        },
        new(nameof(DeleteRun), "delete", RunPath, "Deletes a run that has ended, with everything it stored")
        {
            Parameters = [Parameter.Run],
            Responses = [new(204, "The run is deleted."), Response.NoParameters, Response.NoRun, NotAllowed(RunTransitions.Delete, RunState.Training)],
        },
        Control("PauseRun", RunTransitions.Pause, "Pauses a run", "A training run commits and stops within a second or two.", RunState.Completed),
        Control("ResumeRun", RunTransitions.Resume, "Resumes a paused run",
            $"Training continues from where it was paused, bit-exactly. {DatasetMustBeSame}", RunState.Training),
        Control("CancelRun", RunTransitions.Cancel, "Cancels a run",
            "A training run commits and ends within a second or two. Its checkpoints are kept.", RunState.Completed),
        Control("ExtendRun", RunTransitions.Extend, "Adds epochs to a run",
            "Adds N epochs to the plan, or as many as have at least N pictures. A run that has ended continues for them from where it stopped. "
            + DatasetMustBeSame, RunState.Cancelling) with
        {
            Body = new("The number of epochs or of pictures to add.", IsRequired: true, Media.Json(ExtendSchema, new JsonObject { ["epochs"] = 10 })),
            Responses =
            [
                Accepted,
                Response.Invalid(
                    "epochs", "epochs: 0 is not valid; it must be a whole number from 1 to 99999, the number of epochs to add, as in {\"epochs\": 10}."),
                Response.NoRun, NotAllowed(RunTransitions.Extend, RunState.Cancelling), TooLarge,
            ],
        },
        new(nameof(GetEvents), "get", "/api/runs/{run}/events", "Streams the changes of a run")
        {
            Description = "Server-sent events. `run` carries the run as `GET /api/runs/{run}` returns it, whenever it changes. "
                + "`alive` is empty and keeps proxies from closing the stream. `end` means that no more events follow. "
                + "The server closes the stream after three minutes; browsers then reconnect by themselves.",
            Parameters = [Parameter.Run],
            Responses =
            [
                new(200, "The events.", Media.Text("text/event-stream", Events())) { Headers = [Header.CacheControl] },
                Response.NoParameters, Response.NoRun,
            ],
        },
    ]);

    private static Operation Control(string id, RunTransition transition, string summary, string description, RunState conflicting) =>
        new(id, "post", $"/api/runs/{{run}}/{Problems.Name(transition.Action)}", summary)
        {
            Description = description,
            Parameters = [Parameter.Run],
            Responses = [Accepted, Response.NoParameters, Response.NoRun, NotAllowed(transition, conflicting)],
        };

    private static Response NotAllowed(RunTransition transition, RunState state) => new(
        409, "The run's state does not allow it.", Media.Problem(new StateConflict(
            Conflict.TypeOfAll, $"The run is {Problems.Name(state)}.", 409, Problems.StateConflict("first", state, transition),
            Problems.Name(state), "/api/runs/first")));

    private static JsonObject StartSchema(Schemas schemas) => schemas.Like("RunRequest", typeof(TrainingOptions), schema =>
    {
        schema.Remove("required");
        schema["description"] = "What to train, and how. Every property is optional. The defaults are those of the preset `compact` for a large data set.";
        schema["additionalProperties"] = false;
        schema["properties"]!["initFrom"]!["anyOf"]![0] = schemas.Like("InitFromRequest", typeof(InitFrom), from =>
        {
            from["required"] = new JsonArray("run");
            from["additionalProperties"] = false;
        });
        schema["properties"]!.AsObject().Insert(0, "run", new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["description"] = "The run's id. By default, an id is generated.",
            ["pattern"] = $"^{ResourceId.Pattern}$",
        });
        schema["properties"]!.AsObject().Insert(1, NotifyField.Name, NotifyField.Schema());
    }, OptionsReader.Read([]));

    private static JsonObject ExtendSchema(Schemas schemas) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["epochs"] = new JsonObject
            {
                ["type"] = "integer",
                ["minimum"] = 1,
                ["maximum"] = TrainingOptions.MaxEpochs,
                ["description"] = "Number of epochs to add.",
            },
            ["images"] = new JsonObject
            {
                ["type"] = "integer",
                ["minimum"] = 1,
                ["maximum"] = TrainingOptions.MaxImages,
                ["description"] = "Number of pictures to add. It is rounded up to whole epochs.",
            },
        },
        ["oneOf"] = new JsonArray(
            new JsonObject { ["required"] = new JsonArray("epochs") }, new JsonObject { ["required"] = new JsonArray("images") }),
        ["additionalProperties"] = false,
    };

    private static string Events() =>
        $"event: run\ndata: {JsonSerializer.Serialize(RunExamples.Training, Json.Options)}\nretry: 2000\n\nevent: end\ndata: at rest\nretry: 2000\n\n";
}
