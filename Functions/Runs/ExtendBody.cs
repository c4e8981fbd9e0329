using System.Text.Json.Nodes;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary>The body of <c>/extend</c>: <c>{"epochs": 10}</c>, so many more.</summary>
internal static class ExtendBody
{
    /// <summary>The last epoch that a run can have.</summary>
    public const int MaxEpochs = 99_999;

    private const string Example = "{\"epochs\": 10}";

    public static async Task<(int Epochs, IResult? Wrong)> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var (body, wrong) = await JsonBody.ReadAsync(request, Example, cancellation);
        if (wrong is not null) return (0, wrong);
        var unknown = body.Where(field => field.Key != "epochs").ToDictionary(
            field => field.Key, field => new[] { $"{field.Key} is not a field here; valid is epochs." });
        if (unknown.Count > 0) return (0, Problems.Invalid(unknown));
        if (body["epochs"] is JsonValue value && value.TryGetValue<int>(out var epochs) && epochs is >= 1 and <= MaxEpochs)
            return (epochs, null);
        return (0, Problems.Invalid("epochs", $"epochs: {body["epochs"]?.ToJsonString() ?? "nothing"} is not valid; "
            + $"it must be a whole number from 1 to {MaxEpochs}, as in {Example}, and says how many more to train."));
    }

    /// <summary>The answer where a run would get more epochs than one can have.</summary>
    public static IResult TooMany(int epochs, RunRow row, int target) => Problems.Invalid("epochs",
        $"epochs: {epochs} is not valid here: run '{row.RowKey}' would have {target}, and a run has at most {MaxEpochs}.");
}
