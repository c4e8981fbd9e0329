using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Training;

/// <summary>
/// The checkpoint whose weights a run starts from. The start resolves it to the hashes of the checkpoint's files and copies these to the new
/// run, which does not need the other run any more.
/// </summary>
/// <param name="Run">Id of the run that has the checkpoint.</param>
/// <param name="Epoch">
/// The epoch, from 1. By default, it is the latest checkpoint, which may be within an epoch.
/// </param>
/// <param name="Generator">
/// SHA-256 of the checkpoint's generator file. The start resolves it. A request may state it, and is refused if the checkpoint has another.
/// </param>
/// <param name="Training">
/// SHA-256 of its training state, which the discriminator comes from; null if the state is no longer stored, and then the discriminator is
/// initialised. The start resolves it. A request may state it, and is refused if that state is unavailable.
/// </param>
public sealed record InitFrom(
    [property: RegularExpression(ResourceId.Pattern)] string Run,
    [property: Range(1, TrainingOptions.MaxEpochs)] int? Epoch = null,
    [property: RegularExpression(InitFrom.Hash)] string? Generator = null,
    [property: RegularExpression(InitFrom.Hash)] string? Training = null)
{
    private const string Hash = "[0-9a-f]{64}";

    /// <summary>Whether a request for <paramref name="given"/> may have been resolved to this.</summary>
    public bool IsResolutionOf(InitFrom given) =>
        given.Run == Run && (given.Epoch ?? Epoch) == Epoch && (given.Generator ?? Generator) == Generator && (given.Training ?? Training) == Training;

    /// <summary>A text for logs, such as <c>epoch 3 of first</c>.</summary>
    public override string ToString() => Epoch is { } epoch ? FormattableString.Invariant($"epoch {epoch} of {Run}") : Run;
}

/// <summary>Reads <see cref="InitFrom"/> from a user's JSON.</summary>
internal static class InitFromReader
{
    private const string Example = """{"run": "first", "epoch": 3}""";

    private static readonly Dictionary<string, PropertyInfo> Properties = typeof(InitFrom).GetProperties()
        .ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    /// <summary>Reads <paramref name="given"/>.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="given">Its value.</param>
    /// <param name="problems">Receives what is wrong, by name of the field.</param>
    /// <returns>Null if anything is wrong.</returns>
    public static InitFrom? Read(string option, JsonNode given, SortedDictionary<string, string[]> problems)
    {
        if (given is not JsonObject fields)
        {
            problems[option] = [$"{option}: {given.ToJsonString()} is not valid; it must be an object such as {Example}, in which epoch may be left out."];
            return null;
        }
        var (from, before) = (new InitFrom(""), problems.Count);
        foreach (var (name, value) in fields.Prepend(new("run", fields["run"])).DistinctBy(field => field.Key))
        {
            var path = $"{option}.{name}";
            if (!Properties.TryGetValue(name, out var property))
                problems[path] = [$"{path} is not a field here; valid are {string.Join(", ", Properties.Keys)}."];
            else if ((value is not null || name == "run") && OptionsReader.Convert(property, path, value, problems) is { } converted)
                property.SetValue(from, converted);
        }
        return problems.Count > before ? null : from;
    }
}
