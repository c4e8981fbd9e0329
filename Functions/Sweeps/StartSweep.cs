using System.Text.Json.Nodes;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Sweeps;

/// <summary><c>POST /api/sweeps</c>: starts a sweep.</summary>
public sealed class StartSweep(SweepStore sweeps, SweepStarter starter, SweepPlanning planning, SweepEstimate estimate)
{
    /// <summary>A body, for errors.</summary>
    internal const string Example = "{\"space\": {\"learningRate\": [0.001, 0.002]}}";

    internal static readonly Parameter<bool> DryRun = Parameter.Flag(
        "dryRun", "Returns the definition, the options of each trial and an estimate of the costs, and starts nothing.", otherwise: false);

    private const string IdField = "sweep";

    [Function(nameof(StartSweep))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/sweeps")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var dryRun = query.Read(DryRun);
        if (query.Error() is { } wrong) return wrong;
        var (body, unreadable) = await JsonBody.ReadAsync(request, Example, cancellation);
        if (unreadable is not null) return unreadable;

        var faults = new Faults();
        var id = ReadId(body, faults);
        if (!faults.Concern(IdField) && await sweeps.FindAsync(id, cancellation) is { } existing)
        {
            await starter.RecoverAsync(client, existing, cancellation);
            return SweepProblems.Taken(id);
        }
        var plan = await planning.PlanAsync(id, body, faults, cancellation);
        if (!faults.AreNone) return Problems.Invalid(faults.ToDictionary());
        if (plan.Unavailable is { } unavailable) return DatasetProblems.Unavailable(unavailable);
        if (dryRun)
            return Results.Json(SweepDraft.Of(id, plan, await estimate.OfAsync(plan.Definition, plan.Options, plan.Data, cancellation)), Json.Options);

        if (await starter.StartAsync(client, id, plan.Definition, cancellation) is not { } row) return SweepProblems.Taken(id);
        return Results.Json(SweepView.Of(row, [], []), Json.Options, statusCode: 202).WithLocation($"/api/sweeps/{id}");
    }

    private static string ReadId(JsonObject body, Faults faults)
    {
        if (body[IdField] is not { } given) return Guid.NewGuid().ToString("N")[..12]; // like the id of a run
        if (given is JsonValue text && text.TryGetValue<string>(out var id) && ResourceId.IsValid(id)) return id;
        faults.Add(IdField, $"sweep: {given.ToJsonString()} is not valid; it must be text that matches {ResourceId.Pattern}.");
        return "";
    }
}

/// <summary>A sweep as it would be started.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="Definition">The definition, with all defaults.</param>
/// <param name="Rungs">The epochs of each rung of successive halving; empty without halving.</param>
/// <param name="Estimate">What all trials together would cost.</param>
/// <param name="Trials">The trials by number.</param>
public sealed record SweepDraft(
    string Sweep, SweepDefinition Definition, IReadOnlyList<int> Rungs, DryRunEstimate Estimate, IReadOnlyList<TrialDraft> Trials)
{
    /// <summary>The draft of a plan.</summary>
    public static SweepDraft Of(string sweep, PlannedSweep plan, DryRunEstimate estimate) => new(sweep, plan.Definition, plan.Definition.Rungs, estimate,
    [
        .. plan.Options.Select((options, index) => new TrialDraft(
            index + 1, SweepDefinition.RunOf(sweep, index + 1), plan.Definition.PointOf(index + 1), options)),
    ]);
}

/// <summary>A trial as it would be started.</summary>
/// <param name="Trial">Its number, from 1.</param>
/// <param name="Run">Id of its run.</param>
/// <param name="Options">The options that the sweep varies, with the values of the trial.</param>
/// <param name="Resolved">All options as resolved, for a trial that is trained to its last epoch.</param>
public sealed record TrialDraft(int Trial, string Run, JsonObject Options, TrainingOptions Resolved);
