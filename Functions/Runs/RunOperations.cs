using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Runs;

/// <summary>The calls of this folder, as the OpenAPI document has them.</summary>
internal static class RunOperations
{
    private const string ATraining = "/api/runs/{run}";

    private static readonly Answer Taken = new(202, "The run as it is now.", Media.Json(RunExamples.Training)) { Headers = [Header.Location("/api/runs/first")] };

    private static readonly DatasetUnavailableException Unavailable = new(
        "mnist", ["https://example.com/mnist/: no answer within 4 s"], "use 'dataset': 'digits', which is built in");

    private static readonly Answer TooLarge = Answer.TooLarge(
        "The body is too large.", "The body has more than 65536 bytes; a JSON object such as {\"epochs\": 5} is enough.");

    /// <summary>All of them.</summary>
    public static Feature Feature { get; } = new("runs", "Trainings: their start, how they do, and what may be done to them.",
    [
        new(nameof(StartRun), "post", "/api/runs", "Starts a training")
        {
            Description = "What is not said is as the preset has it. A run that says the same id twice is started once.",
            Parameters = [Parameter.Flag("dryRun", "Answers what the options come to, and starts nothing.", otherwise: false)],
            Body = new("Options, and an id of the caller's choice.", IsRequired: false, Media.Json(
                StartSchema, new JsonObject { ["run"] = "first", ["dataset"] = "digits", ["epochs"] = 5, ["imagesPerEpoch"] = 12_800 })),
            Answers =
            [
                new(200, "What the options come to (`dryRun`).", Media.Json(RunExamples.Options)),
                new(202, "The training is started.", Media.Json(RunExamples.Queued)) { Headers = [Header.Location("/api/runs/first")] },
                Answer.Invalid("epochs", "epochs: 0 is not valid; it must be a whole number from 1 to 99999."),
                Answer.Conflict("There is a run of that id.", "The id is taken.", "There is a run 'first' already; choose another id or leave it out.", "/api/runs/first"),
                TooLarge,
                new(422, "The data set cannot be had.", Media.Problem(new DatasetUnavailable(
                    "https://tools.ietf.org/html/rfc4918#section-11.2", "The data set cannot be had.", 422, Unavailable.Message, Unavailable.Tried, Unavailable.Advice))),
            ],
        },
        new("ListRuns", "get", "/api/runs", "Lists the runs, the newest first")
        {
            Parameters =
            [
                Parameter.Choice("state", "Only those in this state.", Enum.GetNames<RunState>().Select(name => name.ToLowerInvariant())),
                Parameter.WholeNumber("limit", "At most so many.", 1, 1000, otherwise: 100),
            ],
            Answers =
            [
                new(200, "The runs.", Media.Json(new RunList([RunExamples.Training]))),
                Answer.Invalid("limit", "limit: '0' is not valid; it must be a whole number from 1 to 1000."),
            ],
        },
        new("GetRun", "get", ATraining, "How a training is doing")
        {
            Parameters = [Parameter.Run],
            Answers = [new(200, "The run.", Media.Json(RunExamples.Training)), Answer.NoParameters, Answer.NoRun],
        },
        new(nameof(DeleteRun), "delete", ATraining, "Removes a finished run whole")
        {
            Parameters = [Parameter.Run],
            Answers = [new(204, "It is gone."), Answer.NoParameters, Answer.NoRun, NotIn("training", "delete", "cancelled, completed, failed")],
        },
        Control("PauseRun", "pause", "Stops a training at its next step", "Within a second or two. What was trained is committed.",
            NotIn("completed", "pause", "queued, preparing, training, pausing, paused")),
        Control("ResumeRun", "resume", "Goes on with a paused training", "From where it was stopped, to the same bytes.",
            NotIn("training", "resume", "pausing, paused")),
        Control("CancelRun", "cancel", "Ends a training", "Within a second or two. What was trained is committed and stays.",
            NotIn("completed", "cancel", "queued, preparing, training, pausing, paused, cancelling, cancelled")),
        Control("ExtendRun", "extend", "Trains more epochs", "So many more than planned; of a run that ended, so many more than it has.",
            NotIn("cancelling", "extend", "queued, preparing, training, pausing, paused, cancelled, completed, failed")) with
        {
            Body = new("How many.", IsRequired: true, Media.Json(ExtendSchema, new JsonObject { ["epochs"] = 10 })),
            Answers =
            [
                Taken, Answer.Invalid("epochs", "epochs: 0 is not valid; it must be a whole number from 1 to 99999, as in {\"epochs\": 10}, and says how many more to train."),
                Answer.NoRun, NotIn("cancelling", "extend", "queued, preparing, training, pausing, paused, cancelled, completed, failed"), TooLarge,
            ],
        },
        new(nameof(GetEvents), "get", "/api/runs/{run}/events", "Follows a run")
        {
            Description = "Server-sent events: `run` has the run as `GET /api/runs/{run}` shows it, each time it changes; `alive` has nothing, and keeps proxies from "
                + "closing the stream; `end` says that no more will come. The stream is closed after three minutes; browsers then connect again by themselves.",
            Parameters = [Parameter.Run],
            Answers = [new(200, "The events.", Media.Text("text/event-stream", Events())) { Headers = [Header.CacheControl] }, Answer.NoParameters, Answer.NoRun],
        },
    ]);

    private static Operation Control(string id, string call, string summary, string description, Answer notAllowed) =>
        new(id, "post", $"/api/runs/{{run}}/{call}", summary) { Description = description, Parameters = [Parameter.Run], Answers = [Taken, Answer.NoParameters, Answer.NoRun, notAllowed] };

    private static Answer NotIn(string state, string call, string allowed) => new(409, "The run's state does not allow it.", Media.Problem(new StateConflict(
        Conflict.TypeOfAll, $"The run is {state}.", 409, $"The run 'first' is {state}; {call} needs it to be {allowed}.", state, "/api/runs/first")));

    private static JsonObject StartSchema(Schemas schemas) => schemas.Like("RunRequest", typeof(TrainingOptions), schema =>
    {
        schema.Remove("required");
        schema["description"] = "What to train, and how. All of it may be left out. The defaults are those of the preset `dcgan`.";
        schema["additionalProperties"] = false;
        schema["properties"]!.AsObject().Insert(0, "run", new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["description"] = "The run's id; one is made where there is none.",
            ["pattern"] = $"^{ResourceId.Pattern}$",
        });
    });

    private static JsonObject ExtendSchema(Schemas schemas) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["epochs"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = ExtendBody.MaxEpochs, ["description"] = "How many more to train." },
        },
        ["required"] = new JsonArray("epochs"),
        ["additionalProperties"] = false,
    };

    private static string Events() => $"event: run\ndata: {JsonSerializer.Serialize(RunExamples.Training, Json.Options)}\nretry: 2000\n\nevent: end\ndata: at rest\nretry: 2000\n\n";
}
