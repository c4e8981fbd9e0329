using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Sweeps;

/// <summary>Errors about sweeps.</summary>
internal static class SweepProblems
{
    /// <summary>The title of <see cref="Taken"/>.</summary>
    public const string TakenTitle = "The id is taken.";

    /// <summary>The title of <see cref="NoSweep"/>.</summary>
    public const string NoSweepTitle = "No such sweep.";

    /// <summary>404: no such sweep.</summary>
    public static IResult NoSweep(string sweep) => Problems.NotFound(NoSweepTitle, NoSweepDetail(sweep));

    /// <summary>The detail of <see cref="NoSweep"/>.</summary>
    public static string NoSweepDetail(string sweep) => $"There is no sweep '{sweep}'. GET /api/sweeps lists the sweeps.";

    /// <summary>409: the id is taken.</summary>
    public static IResult Taken(string sweep) => Conflict(TakenTitle, TakenDetail(sweep), sweep);

    /// <summary>The detail of <see cref="Taken"/>.</summary>
    public static string TakenDetail(string sweep) => $"There is a sweep '{sweep}' already; choose another id or leave it out.";

    /// <summary>409: the sweep's state does not allow the call.</summary>
    public static IResult State(SweepRow row, string action, IEnumerable<SweepState> allowed) =>
        Conflict(StateTitle(row.State), StateDetail(row.RowKey, row.State, action, allowed), row.RowKey);

    /// <summary>The title of <see cref="State"/>.</summary>
    public static string StateTitle(SweepState state) => $"The sweep is {Problems.Name(state)}.";

    /// <summary>The detail of <see cref="State"/>.</summary>
    public static string StateDetail(string sweep, SweepState state, string action, IEnumerable<SweepState> allowed) =>
        $"The sweep '{sweep}' is {Problems.Name(state)}; {action} requires one of the states {string.Join(", ", allowed.Select(each => Problems.Name(each)))}.";

    /// <summary>409 for other reasons.</summary>
    public static IResult Conflict(string title, string detail, string sweep) => Results.Problem(
        detail, statusCode: 409, title: title, extensions: new Dictionary<string, object?> { ["sweep"] = $"/api/sweeps/{sweep}" });
}
