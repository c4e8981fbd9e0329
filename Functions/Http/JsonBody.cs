using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GanFunctions.Functions.Http;

/// <summary>Reads the small JSON objects that the API accepts.</summary>
public static class JsonBody
{
    private const int MaxBytes = 64 * 1024; // the largest sensible body has a few hundred bytes
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The body as a JSON object, in UTF-8 or in the encoding that its byte-order mark names; empty if there is no body; or the error to respond
    /// with.</summary>
    /// <param name="request">The request.</param>
    /// <param name="example">A valid body, for the error.</param>
    /// <param name="cancellation">Cancels the read.</param>
    public static async Task<(JsonObject Body, IResult? Wrong)> ReadAsync(HttpRequest request, string example, CancellationToken cancellation)
    {
        var bytes = new byte[MaxBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        if (length > MaxBytes)
        {
            return ([], Results.Problem(
                $"The body has more than {MaxBytes} bytes; it must be a JSON object such as {example}.",
                statusCode: 413, title: "The body is too large."));
        }
        // A byte-order mark, which some editors and shells on Windows write, is not part of the text: it only names the encoding.
        using var reader = new StreamReader(new MemoryStream(bytes, 0, length), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        var text = await reader.ReadToEndAsync(cancellation);
        if (string.IsNullOrWhiteSpace(text)) return ([], null);
        try
        {
            if (JsonNode.Parse(text, documentOptions: Strict) is JsonObject body)
            {
                ReadTexts(body);
                return (body, null);
            }
            return ([], Problems.Invalid("body", $"The body must be a JSON object such as {example}, not another kind of JSON value."));
        }
        catch (JsonException problem)
        {
            return ([], Problems.Invalid("body", $"The body must be a JSON object such as {example}: {problem.Message}"));
        }
        catch (InvalidOperationException)
        {
            return ([], Problems.Invalid("body", @"The body must be valid Unicode: an escape of the form \ud800 to \udfff has no second half."));
        }
    }

    /// <summary>Reads all texts, which are otherwise decoded at their first use.</summary>
    /// <exception cref="InvalidOperationException">One has an escaped surrogate without its other half.</exception>
    private static void ReadTexts(JsonNode? node)
    {
        if (node is JsonObject members)
            foreach (var (_, member) in members) ReadTexts(member);
        else if (node is JsonArray items)
            foreach (var item in items) ReadTexts(item);
        else if (node?.GetValueKind() == JsonValueKind.String)
            _ = node.GetValue<string>();
    }
}

/// <summary>The limit of a request body. A data set is uploaded in one request.</summary>
public static class RequestLimits
{
    private const string Setting = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"; // the Functions host's own; its default is 100 MB
    private const long Default = 2L * 1024 * 1024 * 1024;

    /// <summary>Sets the limit of the app's own server to that of the Functions host in front of it.</summary>
    public static IServiceCollection AddRequestLimits(this IServiceCollection services, IConfiguration configuration) =>
        services.Configure<KestrelServerOptions>(server => server.Limits.MaxRequestBodySize = configuration.GetValue(Setting, Default));
}
