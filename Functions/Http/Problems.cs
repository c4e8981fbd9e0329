using GanFunctions.Core.Runs;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>Errors of the API: RFC 9457 problem details that name the given value and the valid ones.</summary>
public static class Problems
{
    /// <summary>400: all invalid fields or parameters.</summary>
    public static IResult Invalid(IReadOnlyDictionary<string, string[]> problems) => Results.ValidationProblem(
        problems.ToDictionary(), detail: string.Join(" ", problems.SelectMany(field => field.Value)), title: "The request is not valid.");

    /// <summary>400: one field.</summary>
    public static IResult Invalid(string field, string problem) => Invalid(new Dictionary<string, string[]> { [field] = [problem] });

    /// <summary>413: an upload.</summary>
    public static IResult TooLarge(string detail) => Results.Problem(detail, statusCode: 413, title: "The upload is too large.");

    /// <summary>503: a <see cref="Lane"/> is full.</summary>
    public static IResult Busy() => Results.Problem(BusyDetail, statusCode: 503, title: BusyTitle).WithHeader(HeaderNames.RetryAfter, BusySeconds);

    /// <summary>The title of a <see cref="Busy"/>.</summary>
    internal const string BusyTitle = "Too many requests are waiting.";

    /// <summary>The detail of a <see cref="Busy"/>.</summary>
    internal const string BusyDetail = "The app works on as many requests of this kind as it has memory for. Try again later.";

    private const string BusySeconds = "30"; // a large request takes about as long

    /// <summary>404: no such run.</summary>
    public static IResult NoRun(string run) => TypedResults.Problem(
        $"There is no run '{run}'. GET /api/runs lists the runs.", statusCode: 404, title: "No such run.");

    /// <summary>404.</summary>
    public static IResult NotFound(string title, string detail) => TypedResults.Problem(detail, statusCode: 404, title: title);

    /// <summary>409: the run's state does not allow the call.</summary>
    public static IResult State(RunRow row, RunTransition transition) =>
        State(row, $"The run is {Name(row.State())}.", StateConflict(row.RowKey, row.State(), transition));

    /// <summary>409: the run cannot leave its state.</summary>
    public static IResult State(RunRow row, string title, string detail) => Results.Problem(
        detail, statusCode: 409, title: title,
        extensions: new Dictionary<string, object?> { ["state"] = Name(row.State()), ["run"] = $"/api/runs/{row.RowKey}" });

    /// <summary>The detail of a 409: the state, and the states that allow the action.</summary>
    public static string StateConflict(string run, RunState state, RunTransition transition) =>
        $"The run '{run}' is {Name(state)}; {Name(transition.Action)} requires one of the states "
        + $"{string.Join(", ", transition.Allowed.Select(each => Name(each)))}.";

    /// <summary>409 for other reasons.</summary>
    public static IResult Conflict(string title, string detail, string link) => Results.Problem(
        detail, statusCode: 409, title: title, extensions: new Dictionary<string, object?> { ["run"] = link });

    /// <summary>The name of an enumeration's value in JSON.</summary>
    public static string Name(Enum value) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
