using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>An attempt of a call of the storage.</summary>
/// <param name="Service"><c>blob</c>, <c>queue</c> or <c>table</c>.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Target">Path without the account, and query without signatures.</param>
/// <param name="Body">The body, decoded, if it is short.</param>
/// <param name="Id">The client's id of the call, the same in all attempts.</param>
internal sealed partial record StorageCall(string Service, string Method, string Target, string Body, string Id)
{
    private const int LongestBody = 256 * 1024; // of entities and messages; the files of a checkpoint are larger

    /// <summary>The run or data set that it is about, if that is known and begins with <c>fault-</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>Whether the response is the content of a blob, rather than a list or properties.</summary>
    public bool ReadsContent => !Target.Contains("comp=", StringComparison.Ordinal) && !Target.Contains("restype=", StringComparison.Ordinal);

    /// <summary>Path and query with placeholders for names and numbers, so that equal calls of different runs are equal.</summary>
    public string Kind
    {
        get
        {
            var target = Hashes().Replace(BlockId().Replace(Details().Replace(Target, ""), "blockid={id}"), "{hash}");
            var isBatch = Target.StartsWith("$batch", StringComparison.Ordinal);
            var table = isBatch && TableOfBatch().Match(Body) is { Success: true } batch
                ? $" of {batch.Groups[2].Value}{(batch.Groups[1].Value == HttpMethods.Delete ? ", deletion" : "")}"
                : "";
            return $"{Service} {Method} {Numbers().Replace(Names().Replace(target, "{name}"), "{n}")}{table}";
        }
    }

    /// <summary>Reads a request. Its body can be read again.</summary>
    public static async Task<StorageCall> ReadAsync(string service, HttpRequest request)
    {
        var body = "";
        if (service != "blob" && request.ContentLength is > 0 and <= LongestBody)
        {
            request.EnableBuffering();
            using var reader = new StreamReader(request.Body, Encoding.UTF8, leaveOpen: true);
            body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
            request.Body.Position = 0;
            if (service == "queue") body = MessageText().Replace(body, text => Decoded(text.Groups[1].Value));
        }
        var path = Uri.UnescapeDataString(request.Path.Value!);
        var query = string.Join('&', request.Query.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key}={each.Value}"));
        return new(
            service, request.Method, $"{path[(path.IndexOf('/', 1) + 1)..]}{(query.Length > 0 ? "?" : "")}{query}", body,
            request.Headers["x-ms-client-request-id"].ToString());
    }

    /// <summary>The name in a text; null if there is none.</summary>
    public static string? NameIn(string text) => Names().Match(text) is { Success: true } found ? found.Value : null;

    private static string Decoded(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : text;
    }

    [GeneratedRegex(@"[?&](\$format|\$select|\$top|popreceipt|Next\w+Key|next\w+Key)=[^&]*")]
    private static partial Regex Details();

    [GeneratedRegex("blockid=[^&]*")]
    private static partial Regex BlockId();

    [GeneratedRegex(@"(\w+) \S+/devstoreaccount1/(\w+)[(?]")]
    private static partial Regex TableOfBatch();

    [GeneratedRegex("<MessageText>([^<]*)</MessageText>")]
    private static partial Regex MessageText();

    [GeneratedRegex("[0-9a-f]{32,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Hashes();

    [GeneratedRegex("fault-[a-z0-9]+")]
    private static partial Regex Names();

    [GeneratedRegex("[0-9]+(-[0-9]+)*")]
    private static partial Regex Numbers();
}
