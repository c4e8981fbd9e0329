using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Notices;

namespace GanFunctions.Functions.Runs;

/// <summary><c>POST /api/runs</c>: starts a run.</summary>
public sealed class StartRun(
    RunStore runs, RunStarter starter, DatasetCatalog datasets, InitialCheckpoints checkpoints, NotifyField notify, DryRun dryRuns, CostSettings costs)
{
    internal static readonly Parameter<bool> DryRun = Parameter.Flag(
        "dryRun", "Returns the resolved options with an estimate of the costs, and starts nothing.", otherwise: false);
    private const string IdField = "run";

    [Function(nameof(StartRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var dryRun = query.Read(DryRun);
        if (query.Error() is { } wrong) return wrong;

        var (body, unreadable) = await JsonBody.ReadAsync(request, "{\"epochs\": 5}", cancellation);
        if (unreadable is not null) return unreadable;

        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var dataset = OptionsReader.DatasetOf(body);
        var id = ReadId(body, problems);
        var notifyUrl = await notify.ReadAsync(body, problems, cancellation);
        var (data, unavailable) = ((DatasetInfo?)null, (DatasetUnavailableException?)null);
        try
        {
            await datasets.CheckAsync(dataset, cancellation);
            data = await datasets.GetAsync(dataset, cancellation);
        }
        catch (UnknownDatasetException unknown)
        {
            problems["dataset"] = [DatasetProblems.Unknown(unknown)];
        }
        catch (DatasetUnavailableException problem)
        {
            unavailable = problem; // errors in the request are reported first
        }
        var (options, initial) = await ReadOptionsAsync(body, data, problems, cancellation);
        if (problems.Count > 0) return Problems.Invalid(problems);
        if (unavailable is not null) return DatasetProblems.Unavailable(unavailable);
        if (dryRun) return await runs.FindAsync(id, cancellation) is null ? await dryRuns.RespondAsync(options, data, cancellation) : Taken(id);

        // Before the claim: from then on the run has all it needs, whatever becomes of the other run or of this process.
        if (initial is not null && await runs.FindAsync(id, cancellation) is null) await checkpoints.CopyAsync(initial, id, cancellation);
        if (await starter.StartAsync(client, id, options, cancellation, notifyUrl) is { } row)
            return Results.Json(RunView.Of(row, costs), Json.Options, statusCode: 202).WithLocation($"/api/runs/{id}");
        if (await runs.FindAsync(id, cancellation) is { } taken) await starter.RecoverAsync(client, taken, cancellation);
        return Taken(id);
    }

    private static IResult Taken(string id) =>
        Problems.Conflict("The id is taken.", $"There is a run '{id}' already; choose another id or leave it out.", $"/api/runs/{id}");

    private static string ReadId(JsonObject body, SortedDictionary<string, string[]> problems)
    {
        if (!body.Remove(IdField, out var given) || given is null) return NewId();
        var id = given.GetValueKind() == JsonValueKind.String ? given.GetValue<string>() : "";
        if (!ResourceId.IsValid(id)) problems[IdField] = [$"run: {given.ToJsonString()} is not valid; it must be text that matches {ResourceId.Pattern}."];
        return id;
    }

    private async Task<(TrainingOptions Options, InitialCheckpoint? Initial)> ReadOptionsAsync(
        JsonObject body, DatasetInfo? data, SortedDictionary<string, string[]> problems, CancellationToken cancellation)
    {
        var wrong = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, value) in await checkpoints.FindNetworksAsync(body, cancellation)) body.TryAdd(name, value!.DeepClone());
        var options = OptionsReader.Read(body, data, wrong);
        foreach (var (field, messages) in wrong) problems[field] = messages;
        if (options.InitFrom is not { } from || await checkpoints.FindAsync(from, problems, cancellation) is not { } initial) return (options, null);
        if (data is not null) InitialCheckpoints.CheckFit(initial, options, data, problems);
        return (options with { InitFrom = initial.From }, initial);
    }

    // Short enough to type, long enough not to collide.
    private static string NewId() => Guid.NewGuid().ToString("N")[..12];
}
