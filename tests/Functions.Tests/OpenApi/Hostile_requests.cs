using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.OpenApi;

/// <summary>Requests that nobody honest sends, to every call of the document: 100, 1,000 in a soak test, or GANFUNCTIONS_REQUESTS.</summary>
public sealed class Hostile_requests(App app, ITestOutputHelper output) : IClassFixture<App>
{
    private const string Run = "target";
    private const int AtATime = 8;
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("GANFUNCTIONS_REQUESTS");
    private static readonly int Count = Wanted is null ? Soak.Count(100, 1_000) : int.Parse(Wanted, CultureInfo.InvariantCulture);

    private static readonly string[] Names =
    [
        "nobody", "..", "%2e%2e", "%2e%2e%2f%2e%2e", "..%5c..", "a%2Fb", "a%252Fb", "%00", "%0d%0a", "con", "latest.json", "TARGET", "-",
        "%ff%fe", "%c0%ae%c0%ae", "%F0%9F%92%A9", "'%20or%201%20eq%201", "(PartitionKey='runs')", "{run}", "a%20b", "0", "-1", "2147483648", "best", "latest",
        new string('a', 40), new string('a', 41), new string('a', 2_000),
    ];

    private static readonly string[] Values =
    [
        "", "%20", "0", "-0", "-1", "1", "2", "1.5", "1e3", "1e309", "NaN", "Infinity", "-Infinity", "2147483647", "2147483648", "-2147483649",
        "9223372036854775808", "99999999999999999999999999", "0x10", "01", "+1", "1,2", "1,,2", ",", "1;2", "true", "null", "undefined", "[]", "{}", "%00", "%0a", "%ff", "%u0041", "%", "%zz",
        "%F0%9F%92%A9", "%D9%A1", "../../latest.json", "http%3A%2F%2F169.254.169.254%2F", "%3Cscript%3E", "'%3B--", new string('9', 400), new string('x', 4_000),
        string.Join(',', Enumerable.Repeat("1", 500)),
    ];

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("If-None-Match", ["*", "\"", "\"\"", "W/\"x\"", "x", "\"a\", \"b\"", new string('"', 500)]),
        ("If-Match", ["*", "\"x\""]),
        ("Accept", ["*/*", "image/png;q=nonsense", "application/xml", "text/html", ";;;", new string('a', 3_000)]),
        ("Accept-Encoding", ["br", "gzip, *;q=0", "nonsense"]),
        ("Range", ["bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,1-1", "lines=1"]),
        ("Origin", ["null", "https://elsewhere.example", "nonsense"]),
        ("X-HTTP-Method-Override", ["DELETE"]),
        ("X-Forwarded-Host", ["elsewhere.example"]),
        ("Traceparent", ["00-00000000000000000000000000000000-0000000000000000-00", "nonsense"]),
        ("Last-Event-ID", ["-1", "nonsense"]),
        ("Cookie", [new string('c', 4_000)]),
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "text/plain", "application/xml", "application/zip", "application/x-tar", "text/csv", "image/png", "multipart/form-data",
        "multipart/form-data; boundary=x", "multipart/form-data; boundary=\"\"", "application/json; charset=utf-7", "application/octet-stream", "nonsense", "a/b; c",
    ];

    private static readonly byte[][] Bodies =
    [
        [], [0], "{"u8.ToArray(), "null"u8.ToArray(), "[]"u8.ToArray(), "{}"u8.ToArray(), "\uFEFF{}"u8.ToArray(), "--x--"u8.ToArray(),
        "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"../../a\"\r\n\r\n\0\0\x8\x3\r\n--x--\r\n"u8.ToArray(),
        Encoding.UTF8.GetBytes(new string('[', 60_000)), Encoding.UTF8.GetBytes($"{{\"epochs\": {new string('9', 60_000)}}}"),
        [0x50, 0x4b, 3, 4], [0x50, 0x4b, 5, 6, .. new byte[18]], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], [0, 0, 8, 3, .. Enumerable.Repeat((byte)0xff, 12)],
        [0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa], [0x42, 0x4d, .. new byte[60]], "RIFF\u0004\0\0\0WEBP"u8.ToArray(),
        "P6 99999 99999 255\n"u8.ToArray(), "label,1,2\n"u8.ToArray(),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private sealed record Hostile(string Method, string Path, string? Header, string? HeaderValue, string? ContentType, byte[]? Body)
    {
        public override string ToString() =>
            string.Create(
                CultureInfo.InvariantCulture, $"{Method} {Path} {Header}: {HeaderValue} ({ContentType}) {Encoding.Latin1.GetString([.. Body?.Take(300) ?? []])}");
    }

    [Fact]
    public async Task Are_answered_in_words_and_change_nothing()
    {
        await app.Http.TrainedAsync(Run);
        var before = await app.Http.LastCheckpointAsync(Run);
        var document = await ApiDocument.OfAsync(app.Http);
        ConcurrentDictionary<int, int> statuses = new();
        ConcurrentBag<string> wrong = [];
        ConcurrentBag<(TimeSpan Time, string Request)> times = [];
        using var http = new HttpClient { BaseAddress = app.Http.BaseAddress, Timeout = Wait.Patience };
        var memory = PeakMemory();

        var seed = (uint)Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var (generator, numbers) = (Requests(document), new PCG(1, seed));
        var requests = Enumerable.Range(0, Count).Select(_ => generator.Generate(numbers, null, out var _)).ToList();
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = Cancellation }, async (request, _) =>
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                using var message = MessageOf(request);
                using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream") await answer.Content.CopyToAsync(Stream.Null, Cancellation);
                statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, count) => count + 1);
                var isBusy = answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null };
                if ((int)answer.StatusCode >= 500 && !isBusy) wrong.Add($"{(int)answer.StatusCode}: {request}");
                var isRefusedByServer = answer is { StatusCode: HttpStatusCode.BadRequest, Content.Headers.ContentLength: 0 }
                    && request.Path.Split('?')[0].Contains('%', StringComparison.Ordinal);
                var isInWords = answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
                if ((int)answer.StatusCode is >= 400 and < 500 && !isRefusedByServer && !isInWords)
                    wrong.Add($"{(int)answer.StatusCode} without words: {request}");
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !Cancellation.IsCancellationRequested)
            {
                wrong.Add($"{failure.Message}: {request}");
            }
            times.Add((Stopwatch.GetElapsedTime(began), request.ToString()));
        });

        output.WriteLine(string.Join(", ", statuses.OrderBy(each => each.Key).Select(each => $"{each.Key}: {each.Value}")));
        output.WriteLine(string.Join('\n', times.OrderDescending().Take(5).Select(each => $"{each.Time.TotalSeconds:F1} s: {each.Request}")));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory {memory / 1e6:F0} MB before, {PeakMemory() / 1e6:F0} MB after"));
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Take(20)));
        Assert.Equal(before, await app.Http.LastCheckpointAsync(Run));
        Assert.Equal("completed", await app.Http.StateAsync(Run));
        Assert.InRange(PeakMemory(), 0, 1.5e9);
    }

    /// <summary>Requests that no HTTP client sends, each in a connection of its own.</summary>
    [Theory]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("GET /api/runs HTTP/1.1\r\n\r\n")]
    [InlineData("GET  /api/runs HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET http://elsewhere.example/api/runs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/runs HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("PUT /api/datasets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")]
    [InlineData("PUT /api/datasets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("TRACE /api/runs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    public async Task That_are_no_HTTP_are_refused_or_end_the_connection(string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, app.Http.BaseAddress!.Port, Cancellation);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
        connection.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync(Cancellation).WaitAsync(Wait.Patience, Cancellation);

        if (answer.Length > 0) Assert.Matches("^HTTP/1.1 (4|505|200)", answer);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        using var health = await app.Http.GetAsync("api/health", Cancellation);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    private static Gen<Hostile> Requests(ApiDocument document)
    {
        var operations = document.Operations.Where(each => each.Id != "GetHealth").ToList();
        var header = Gen.OneOf(Headers).SelectMany(each => Gen.OneOf(each.Values).Select(value => (each.Name, value)));
        var others = Gen.OneOf("get", "head", "patch", "options", "trace", "nonsense");
        return
            from operation in Gen.OneOf(operations.ToArray())
            from path in PathOf(operation)
            from query in QueryOf(operation)
            from isHeaderGiven in Gen.Bool
            from given in header
            from method in Gen.Frequency((12, Gen.Const(operation.Method)), (1, others))
            from type in Gen.OneOf(ContentTypes)
            from body in BodyOf(operation)
            select new Hostile(
                method, path + query, isHeaderGiven ? given.Name : null, given.value, type,
                operation.Node["requestBody"] is null && method == operation.Method ? null : body);
    }

    /// <summary>A path; only reading calls, and those that a completed run refuses, get the name of the run.</summary>
    private static Gen<string> PathOf(ApiOperation operation)
    {
        var isHarmless = operation.Method == "get" || operation.Id is "PauseRun" or "CancelRun" or "ProjectPicture";
        var names = isHarmless ? Gen.Frequency((3, Gen.Const(Run)), (1, Gen.OneOf(Names))) : Gen.OneOf(Names);
        return operation.Parameters.Where(parameter => (string)parameter["in"]! == "path").Aggregate(
            Gen.Const(operation.Path),
            (path, parameter) => path.SelectMany(text => names.Select(name => text.Replace($"{{{parameter["name"]}}}", name, StringComparison.Ordinal))));
    }

    private static Gen<string> QueryOf(ApiOperation operation)
    {
        var nonsense = Gen.OneOf(Values).Select(value => $"nonsense={value}");
        Gen<string>[] given =
        [
            .. operation.Query.Select(parameter =>
            {
                var (valid, invalid) = Bounds.Of(parameter["schema"]!);
                string[] beside = [.. invalid, .. Values];
                var value = valid.Count == 0 ? Gen.OneOf(beside) : Gen.Frequency((4, Gen.OneOf(valid.ToArray())), (1, Gen.OneOf(beside)));
                return value.Select(text => $"{parameter["name"]}={text}");
            }),
        ];
        var one = given.Length == 0 ? nonsense : Gen.Frequency((20, Gen.OneOf(given)), (1, nonsense));
        return one.Array[0, given.Length == 0 ? 1 : 3].Select(each => each.Length == 0 ? "" : $"?{string.Join('&', each)}");
    }

    private static Gen<byte[]> BodyOf(ApiOperation operation)
    {
        var properties = operation.Node["requestBody"]?["content"]?["application/json"]?["example"] is JsonObject example
            ? example.Select(property => property.Key).Concat(["workers", "seed", "images", "initFrom", "notify", "space", "options", "nonsense", ""]).ToArray()
            : ["nonsense"];
        var leaf = Gen.OneOf(
            Gen.Int.Select(number => number.ToString(CultureInfo.InvariantCulture)),
            Gen.Double.Select(number => number.ToString("R", CultureInfo.InvariantCulture)),
            Gen.OneOf("null", "true", "\"\"", "\"digits\"", "\"\\u0000\"", "\"\\ud800\"", "1e999", "-0", "\"http://127.0.0.1/\"", "\"../..\""),
            Gen.String[Gen.Char, 0, 30].Select(text => JsonValue.Create(text).ToJsonString()));
        var nested = Gen.OneOf(
            leaf, leaf, leaf.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(Gen.OneOf(properties), leaf).Select(pair => $"{{\"{pair.Item1}\":{pair.Item2}}}"),
            Gen.Int[1, 100].Select(depth => new string('[', depth) + new string(']', depth)));
        var json = Gen.Select(Gen.OneOf(properties), nested).Array[0, 6]
            .Select(members => Encoding.UTF8.GetBytes($"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"));
        return Gen.Frequency((6, json), (3, Gen.OneOf(Bodies)), (1, Gen.Byte.Array[0, 500]));
    }

    private HttpRequestMessage MessageOf(Hostile request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(
            $"{app.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{request.Path}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        if (request.Header is not null) message.Headers.TryAddWithoutValidation(request.Header, request.HeaderValue);
        return message;
    }

    /// <summary>Largest resident size of the app's process so far, in bytes.</summary>
    private long PeakMemory() => 1024 * long.Parse(
        File.ReadLines($"/proc/{app.Process.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
