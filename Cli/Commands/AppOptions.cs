using System.CommandLine;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Commands;

/// <summary>What a command works with.</summary>
/// <param name="Api">The app.</param>
/// <param name="Parsed">The command line.</param>
/// <param name="IsJson">Whether standard output is for programs.</param>
internal sealed record Call(AppClient Api, ParseResult Parsed, bool IsJson)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is not for HTML
    };

    /// <summary>Where messages for people go.</summary>
    public Screen Screen => IsJson ? Screen.Error : Screen.Output;

    /// <summary>Writes a JSON document.</summary>
    public static void WriteJson(JsonNode json) => Screen.Output.WriteLine(json.ToJsonString(Indented));

    /// <summary>Writes a JSON document as one line of several.</summary>
    public static void WriteJsonLine(JsonNode json) => Screen.Output.WriteLine(json.ToJsonString());

    /// <summary>The value of an argument or option.</summary>
    public T Value<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <inheritdoc cref="Value{T}(Argument{T})"/>
    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);
}

/// <summary>The options of every command: which app, its key, and the form of the output.</summary>
internal sealed class AppOptions
{
    private const string DefaultUrl = "http://localhost:7071", UrlVariable = "GAN_URL", KeyVariable = "GAN_KEY";

    /// <summary>The app's address.</summary>
    public Option<string> Url { get; } = new("--url")
    {
        Description = $"Address of the app [default: {UrlVariable}, or {DefaultUrl}]",
        HelpName = "address",
        Recursive = true,
    };

    /// <summary>The function key.</summary>
    public Option<string> Key { get; } = new("--key")
    {
        Description = $"Function key of the app [default: {KeyVariable}]",
        HelpName = "key",
        Recursive = true,
    };

    /// <summary>Whether the output is for programs.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON, as the API returns it, to standard output", Recursive = true };

    /// <summary>Makes an action out of what a command does; errors become a line on standard error and an exit code.</summary>
    public Func<ParseResult, CancellationToken, Task<int>> Action(Func<Call, CancellationToken, Task<int>> command) => async (parsed, cancellation) =>
    {
        if (AddressOf(parsed) is not { } address)
            return Report(ExitCode.Usage, $"--url: '{Given(parsed)}' is not valid; it must be an address such as {DefaultUrl}.");
        using var http = AppClient.Connect(address, parsed.GetValue(Key) ?? Environment.GetEnvironmentVariable(KeyVariable));
        try
        {
            return await command(new(new AppClient(http), parsed, parsed.GetValue(Json)), cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (RefusedException refused)
        {
            return Report(CodeOf(refused.Status), refused.Message);
        }
        catch (UnreachableException unreachable)
        {
            return Report(ExitCode.Unreachable, unreachable.Message);
        }
        catch (Exception lost) when (lost is HttpRequestException or HttpIOException or OperationCanceledException)
        {
            return Report(ExitCode.Unreachable, $"The connection to {address} was lost: {lost.Message}");
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return Report(ExitCode.Failed, failure.Message);
        }
    };

    /// <summary>The ids of the latest runs, to complete an argument; none if the app does not answer at once.</summary>
    public IEnumerable<string> RunIds(ParseResult parsed)
    {
        const int MostPerAnswer = 1000;
        if (AddressOf(parsed) is not { } address) return [];
        using var http = AppClient.Connect(address, parsed.GetValue(Key) ?? Environment.GetEnvironmentVariable(KeyVariable));
        http.Timeout = TimeSpan.FromSeconds(2); // nobody waits longer for a completion
        try
        {
            using var response = http.Send(new(HttpMethod.Get, $"api/runs?limit={MostPerAnswer}"));
            if (JsonNode.Parse(response.Content.ReadAsStream()) is not JsonObject answer || answer["runs"] is not JsonArray runs) return [];
            return [.. runs.Select(run => (string)run!["run"]!)];
        }
        catch (Exception none) when (none is HttpRequestException or OperationCanceledException or JsonException)
        {
            return [];
        }
    }

    private static int Report(int code, string message)
    {
        Screen.Error.WriteLine(message);
        return code;
    }

    private static int CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => ExitCode.Usage,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.Unauthorised,
        HttpStatusCode.NotFound => ExitCode.NotFound,
        _ => ExitCode.Failed,
    };

    private string Given(ParseResult parsed) => parsed.GetValue(Url) ?? Environment.GetEnvironmentVariable(UrlVariable) ?? DefaultUrl;

    private Uri? AddressOf(ParseResult parsed) =>
        Uri.TryCreate(Given(parsed), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
}
