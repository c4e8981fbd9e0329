using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Core.Sweeps;

/// <summary>Reads the definition of a sweep from a user's JSON.</summary>
public sealed class SweepReader
{
    private const int DefaultTrials = 20;
    private const int DefaultParallel = 2;
    private const long MaxSeed = 9_007_199_254_740_991; // in JavaScript, larger whole numbers are not exact
    private const int MaxCharacters = 30_000;           // a row has room for 32,768 in a column

    private static readonly string[] Fields =
        ["sweep", "search", "space", "options", "metric", "trials", "parallel", "seed", "halving", "maxMinutes", "maxCost"];

    private readonly JsonObject _body;
    private readonly Faults _faults;

    private SweepReader(JsonObject body, Faults faults) => (_body, _faults) = (body, faults);

    /// <summary>Reads a definition.</summary>
    /// <param name="body">The user's JSON. Its field <c>sweep</c> is the caller's.</param>
    /// <param name="faults">Receives what is wrong.</param>
    /// <returns>The definition as far as it is valid, and its valid dimensions.</returns>
    public static (SweepDefinition Definition, SearchSpace Space) Read(JsonObject body, Faults faults) => new SweepReader(body, faults).Read();

    private (SweepDefinition Definition, SearchSpace Space) Read()
    {
        foreach (var name in _body.Select(field => field.Key).Except(Fields))
            _faults.Add(name, $"{name} is not a field of a sweep; valid are {string.Join(", ", Fields)}.");
        if (_body.ToJsonString().Length > MaxCharacters)
            _faults.Add("body", $"The sweep has more than {MaxCharacters} characters as JSON, which is more than can be stored.");

        var search = ReadSearch();
        var (given, options) = (ReadObject("space"), ReadObject("options"));
        if (given.Count == 0) _faults.Add("space", "space has no options; it must have at least one, such as {\"learningRate\": [0.001, 0.002]}.");
        var space = SearchSpaceReader.Read(given, _faults);
        foreach (var (option, value) in given.Where(field => options.ContainsKey(field.Key)))
        {
            _faults.Add($"options.{option}",
                $"options.{option}: {Text(options[option])} and space.{option}: {Text(value)} are both given; give one of them.");
        }
        var trials = ReadTrials(search, space);
        var halving = ReadHalving(given, options, trials);
        return (new(search, given, options, ReadMetric(), trials,
            (int)ReadNumber(_body, "", "parallel", 1, SweepDefinition.MaxParallel, DefaultParallel),
            ReadNumber(_body, "", "seed", 0, MaxSeed, 1), halving, ReadLimit("maxMinutes", SweepDefinition.MinutesRange),
            ReadLimit("maxCost", SweepDefinition.CostRange)), space);
    }

    private Search ReadSearch()
    {
        if (_body["search"] is not { } given) return Search.Random;
        var name = given is JsonValue text && text.TryGetValue<string>(out var word) ? word : "";
        foreach (var search in Enum.GetValues<Search>())
            if (JsonNamingPolicy.CamelCase.ConvertName(search.ToString()) == name) return search;
        _faults.Add("search", $"search: {Text(given)} is not valid; it must be one of random, grid.");
        return Search.Random;
    }

    private string ReadMetric()
    {
        if (_body["metric"] is not { } given) return SweepMetric.Default;
        if (given is JsonValue text && text.TryGetValue<string>(out var name) && SweepMetric.Find(name) is not null) return name;
        _faults.Add("metric", $"metric: {Text(given)} is not valid; it must be one of {string.Join(", ", SweepMetric.All.Select(metric => metric.Name))}.");
        return SweepMetric.Default;
    }

    private int ReadTrials(Search search, SearchSpace space)
    {
        var limit = (int)ReadNumber(_body, "", "trials", 1, SweepDefinition.MaxTrials, search == Search.Grid ? SweepDefinition.MaxTrials : DefaultTrials);
        if (search == Search.Random) return limit;
        foreach (var range in space.Dimensions.Where(dimension => dimension.Count is null))
        {
            _faults.Add($"space.{range.Option}",
                $"space.{range.Option}: {Text(_body["space"]![range.Option])} is not valid in a grid; the range needs a step.");
        }
        if (space.Combinations is not { } combinations) return limit;
        if (combinations <= limit) return (int)combinations;
        _faults.Add("space", $"space: the grid has {combinations} combinations, and trials allows {limit}, at most {SweepDefinition.MaxTrials}.");
        return limit;
    }

    private Halving? ReadHalving(JsonObject space, JsonObject options, int trials)
    {
        if (_body["halving"] is null) return null;
        var given = ReadObject("halving");
        foreach (var name in given.Select(field => field.Key).Except(["epochs", "factor"]))
            _faults.Add($"halving.{name}", $"halving.{name} is not a field here; valid are epochs, factor.");
        foreach (var length in ((string[])["epochs", "images"]).Where(space.ContainsKey))
            _faults.Add($"space.{length}", $"space.{length} is not valid with halving, which decides how long a trial is trained.");
        if (options.ContainsKey("images"))
            _faults.Add("options.images", "options.images is not valid with halving, whose rungs are epochs; give options.epochs.");

        var epochs = SweepDefinition.EpochsOf(options);
        var halving = new Halving(
            (int)ReadNumber(given, "halving.", "epochs", 1, Math.Max(epochs - 1, 1), null),
            (int)ReadNumber(given, "halving.", "factor", 2, Halving.MaxFactor, Halving.DefaultFactor));
        if (_faults.Concern("halving.epochs") || _faults.Concern("halving.factor")) return halving;
        if ((long)halving.Epochs * halving.Factor > epochs)
        {
            _faults.Add("halving.epochs", $"halving.epochs: {halving.Epochs} is not valid; times factor, which is {halving.Factor}, it must be at most "
                + $"options.epochs, which is {epochs}.");
        }
        var needed = Math.Pow(halving.Factor, SuccessiveHalving.RungsOf(halving.Epochs, halving.Factor, epochs).Count - 1);
        if (trials < needed)
        {
            _faults.Add("halving", $"halving: {Text(given)} is not valid with {trials} trials; one in {needed:0} reaches {epochs} epochs. "
                + "Choose more trials, more epochs for the first rung, or another factor.");
        }
        return halving;
    }

    private JsonObject ReadObject(string field)
    {
        if (_body[field] is not { } given) return [];
        if (given is JsonObject fields) return fields.DeepClone().AsObject();
        _faults.Add(field, $"{field}: {Text(given)} is not valid; it must be an object.");
        return [];
    }

    private double? ReadLimit(string field, (double Min, double Max) range)
    {
        if (_body[field] is not { } given) return null;
        if (given is JsonValue value && value.TryGetValue<double>(out var number) && number >= range.Min && number <= range.Max) return number;
        _faults.Add(field, FormattableString.Invariant($"{field}: {Text(given)} is not valid; it must be a number from {range.Min} to {range.Max}."));
        return null;
    }

    /// <summary>Reads a whole number; it is required if there is no default.</summary>
    private long ReadNumber(JsonObject from, string prefix, string field, long min, long max, long? otherwise)
    {
        if (from[field] is null && otherwise is { } assumed) return assumed;
        if (from[field] is JsonValue given && given.TryGetValue<long>(out var number) && number >= min && number <= max) return number;
        var value = from[field] is { } wrong ? Text(wrong) : "nothing";
        _faults.Add(prefix + field, $"{prefix}{field}: {value} is not valid; it must be a whole number from {min} to {max}.");
        return otherwise ?? min;
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(JsonSerializerOptions.Web) ?? "null";
}
