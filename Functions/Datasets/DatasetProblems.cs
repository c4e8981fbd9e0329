using System.Text.RegularExpressions;
using GanFunctions.Core.Data;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary>Errors about data sets. Core says what is wrong; this adds the calls and settings that fix it.</summary>
internal static partial class DatasetProblems
{
    /// <summary>The detail for a name that does not exist.</summary>
    public static string Unknown(UnknownDatasetException unknown) => $"{unknown.Message} Others can be uploaded with PUT /api/datasets/{{name}}.";

    /// <summary>What the user can do about an unavailable data set.</summary>
    public static string AdviceOn(DatasetUnavailableException unavailable) => $"{unavailable.Advice} (uploads go to PUT /api/datasets/{unavailable.Dataset})";

    /// <summary>422 for a run on a data set that is unavailable.</summary>
    public static IResult Unavailable(DatasetUnavailableException unavailable) => Results.Problem(
        WithSettings(unavailable.Message), statusCode: 422, title: UnavailableTitle,
        extensions: new Dictionary<string, object?> { ["tried"] = unavailable.Tried.Select(WithSettings), ["advice"] = AdviceOn(unavailable) });

    /// <summary>The title of <see cref="Unavailable"/>.</summary>
    public const string UnavailableTitle = "The data set is unavailable.";

    /// <summary>503 for a request that needs a data set that has no room beside the one that a run trains on.</summary>
    public static IResult NoMemory(DatasetMemoryException busy) =>
        Results.Problem(NoMemoryDetail(busy), statusCode: 503, title: NoMemoryTitle).WithHeader(HeaderNames.RetryAfter, "60");

    /// <summary>The title of <see cref="NoMemory"/>.</summary>
    public const string NoMemoryTitle = "Not enough memory now.";

    /// <summary>The detail of <see cref="NoMemory"/>.</summary>
    public static string NoMemoryDetail(DatasetMemoryException busy) => $"{busy.Message} Try again later.";

    /// <summary>409 for a run whose data set was deleted or is no longer available.</summary>
    public static IResult Gone(string run, Exception why) => Problems.Conflict(GoneTitle, WhyGone(why), $"/api/runs/{run}");

    /// <summary>The title of <see cref="Gone"/>.</summary>
    public const string GoneTitle = "The data set is gone.";

    /// <summary>The detail of <see cref="Gone"/>.</summary>
    public static string WhyGone(Exception why) => why is UnknownDatasetException unknown ? Unknown(unknown) : WithSettings(why.Message);

    /// <summary>Names the setting behind every limit in a text: "limit MaxPixels" becomes "setting Datasets:MaxPixels".</summary>
    public static string WithSettings(string text) => Limit().Replace(text, "(setting Datasets:$1)");

    [GeneratedRegex(@"\(limit (\w+)\)")]
    private static partial Regex Limit();
}
