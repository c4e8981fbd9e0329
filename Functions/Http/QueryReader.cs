namespace GanFunctions.Functions.Http;

/// <summary>Reads the query parameters of a request and collects everything that is wrong with them, unknown parameters included.</summary>
public sealed class QueryReader(HttpRequest request)
{
    private const string Key = "code"; // the function key, which any call may carry

    private readonly IQueryCollection _query = request.Query;
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase) { Key };
    private readonly SortedDictionary<string, string[]> _problems = new(StringComparer.Ordinal);

    /// <summary>The error for a call that has no parameters, if the request has any; otherwise null.</summary>
    public static IResult? RefuseAny(HttpRequest request) => new QueryReader(request).Error();

    /// <summary>Reads a query parameter.</summary>
    /// <returns>The value; <see cref="Parameter{T}.Otherwise"/> if the parameter is not given or not valid.</returns>
    public T Read<T>(Parameter<T> parameter)
    {
        _known.Add(parameter.Name);
        return _query.TryGetValue(parameter.Name, out var values) && values is [.., { } text] ? Read(parameter, text) : parameter.Otherwise;
    }

    /// <summary>Reads a parameter from its text, for example from a part of the path.</summary>
    public T Read<T>(Parameter<T> parameter, string text)
    {
        var (isValid, value) = parameter.Parse(text);
        if (isValid) return value;
        Refuse(parameter, $"{parameter.Name}: '{text}' is not valid; it must be {parameter.Valid}.");
        return parameter.Otherwise;
    }

    /// <summary>The format of the response: the given one, else the one that the <c>Accept</c> header prefers.</summary>
    public Format Read(FormatParameter parameter)
    {
        if (Read<Format?>(parameter) is { } format) return format;
        var accepted = ContentNegotiation.Choose(request, [.. parameter.Offered.Select(offered => offered.MediaType)]);
        return parameter.Offered.First(offered => offered.MediaType == accepted);
    }

    /// <summary>Adds a problem with a parameter, for example with a combination of parameters.</summary>
    public void Refuse(Parameter parameter, string problem) => _problems[parameter.Name] = [problem];

    /// <summary>The error to respond with; null if all parameters are valid. Call this after every parameter has been read.</summary>
    public IResult? Error()
    {
        foreach (var name in _query.Keys.Where(name => !_known.Contains(name)))
            _problems[name] = [$"{name} is not a parameter here; {Valid()}."];
        return _problems.Count == 0 ? null : Problems.Invalid(_problems);

        string Valid() => _known.Count == 1 ? "there are none" : $"valid are {string.Join(", ", _known.Where(name => name != Key).Order())}";
    }
}
