using System.Text.Json.Serialization;

namespace GanFunctions.Functions.OpenApi;

/// <summary>Problem details (RFC 9457).</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong, with the given value and the valid ones.</param>
internal record Problem(
    [property: JsonPropertyOrder(-1)] string Type, [property: JsonPropertyOrder(-1)] string Title, [property: JsonPropertyOrder(-1)] int Status,
    [property: JsonPropertyOrder(-1)] string Detail)
{
    /// <summary>404.</summary>
    public static Problem NotFound(string title, string detail) => new("https://tools.ietf.org/html/rfc9110#section-15.5.5", title, 404, detail);
}

/// <summary>Problem details of an invalid request.</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">Every problem.</param>
/// <param name="Errors">The problems by field or parameter; `body` for the body as a whole.</param>
internal sealed record InvalidRequest(string Type, string Title, int Status, string Detail, IReadOnlyDictionary<string, IReadOnlyList<string>> Errors)
    : Problem(Type, Title, Status, Detail)
{
    /// <summary>One field.</summary>
    public static InvalidRequest Of(string field, string problem) => new(
        "https://tools.ietf.org/html/rfc9110#section-15.5.1", "The request is not valid.", 400, problem,
        new Dictionary<string, IReadOnlyList<string>> { [field] = [problem] });
}

/// <summary>Problem details of a conflict.</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The conflict.</param>
/// <param name="Run">The run that causes the conflict.</param>
internal sealed record Conflict(string Type, string Title, int Status, string Detail, string Run) : Problem(Type, Title, Status, Detail)
{
    /// <summary>The type of every 409.</summary>
    public const string TypeOfAll = "https://tools.ietf.org/html/rfc9110#section-15.5.10";

    /// <summary>A conflict, with the status and type of every 409.</summary>
    public Conflict(string title, string detail, string run)
        : this(TypeOfAll, title, 409, detail, run)
    {
    }
}

/// <summary>Problem details of a call that the run's state does not allow.</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The states that allow the call.</param>
/// <param name="State">The run's state.</param>
/// <param name="Run">The run.</param>
internal sealed record StateConflict(string Type, string Title, int Status, string Detail, string State, string Run) : Problem(Type, Title, Status, Detail);

/// <summary>Problem details of a run whose data set is unavailable.</summary>
/// <param name="Type">URI of the definition of the status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was tried, and what to do.</param>
/// <param name="Tried">The sources that were tried, and what happened.</param>
/// <param name="Advice">What to do.</param>
internal sealed record DatasetUnavailable(string Type, string Title, int Status, string Detail, IReadOnlyList<string> Tried, string Advice)
    : Problem(Type, Title, Status, Detail);
