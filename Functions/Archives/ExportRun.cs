using GanFunctions.Core.Archives;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Archives;

/// <summary>
/// <c>GET /api/runs/{run}/export</c>: a whole run as a zip archive, which is written while it is read. A run must be at rest: while it trains, it deletes old
/// checkpoints and logs losses beyond the newest one.
/// </summary>
public sealed class ExportRun(RunStore runs, RunExport export, ArchiveOptions options)
{
    /// <summary>The states of a run that can be exported.</summary>
    internal static readonly IReadOnlyList<RunState> Exportable = [RunState.Paused, RunState.Cancelled, RunState.Completed, RunState.Failed];

    internal static readonly Parameter<string?> Checkpoints = Parameter.Choice(
        "checkpoints", "`latest` are the newest checkpoint, that of the last complete epoch and that of the best epoch; `all` are all that the run keeps.",
        ["latest", "all"], otherwise: "latest");
    internal static readonly Parameter<bool> Grids = Parameter.Flag("grids", "Whether to include the sample grids of all epochs.", otherwise: true);

    [Function(nameof(ExportRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/export")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (all, grids) = (query.Read(Checkpoints) == "all", query.Read(Grids));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (!Exportable.Contains(row.State())) return Problems.State(row, $"The run is {Problems.Name(row.State())}.", StateDetail(run, row.State()));
        ExportPlan plan;
        try
        {
            plan = await export.PlanAsync(row, all, grids, cancellation);
        }
        catch (InvalidDataException damage)
        {
            return Problems.State(row, "The run cannot be exported.", damage.Message);
        }
        if (plan.Bytes > options.MaxBytes) return Problems.Invalid(Checkpoints.Name, SizeDetail(run, plan.Bytes, options.MaxBytes));
        if (plan.Files > ArchiveOptions.MaxFiles)
        {
            return Problems.Invalid(
                Checkpoints.Name, $"The archive of run '{run}' would have {plan.Files} files; the maximum is {ArchiveOptions.MaxFiles}. {Advice}");
        }
        return Results.Stream(
            stream => HttpMethods.IsHead(request.Method) ? Task.CompletedTask : export.WriteAsync(plan, stream, cancellation), "application/zip", $"{run}.zip");
    }

    /// <summary>The detail of the 409 for a run that is not at rest.</summary>
    internal static string StateDetail(string run, RunState state) =>
        $"The run '{run}' is {Problems.Name(state)}; export requires one of the states {string.Join(", ", Exportable.Select(each => Problems.Name(each)))}.";

    /// <summary>The detail of the 400 for an archive that would be too large.</summary>
    internal static string SizeDetail(string run, long bytes, long maxBytes) =>
        $"The archive of run '{run}' would have {bytes} bytes; the maximum is {maxBytes} (setting Archives:MaxBytes). {Advice}";

    private const string Advice = "Leave out the older checkpoints with checkpoints=latest, or the sample grids with grids=false.";
}
