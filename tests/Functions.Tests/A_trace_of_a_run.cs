using System.Net;
using System.Net.Http.Json;
using GanFunctions.TestKit;
using Google.Protobuf;

namespace GanFunctions.Functions.Tests;

public sealed class A_trace_of_a_run
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Client = "00f067aa0ba902b7"; // the span of the client that starts the run

    [Fact]
    public async Task Joins_the_start_the_orchestration_its_slices_and_their_commits()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var collector = await NoticeReceiver.StartAsync(_ => 200);
        await using var app = App.Start(azurite.ConnectionString, new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });
        var http = await app.WaitUntilListeningAsync();
        await Bars.UploadedAsync(http);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/runs") { Content = JsonContent.Create(ApiCalls.Tiny("traced", Bars.Name)) };
        request.Headers.Add("traceparent", $"00-{Trace}-{Client}-01");
        using var started = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await http.UntilAsync("traced", "completed");

        await app.StopAsync(); // flushes the exporter

        var spans = collector.At("/v1/traces").SelectMany(each => Spans(each.Body)).Where(span => span.Trace == Trace).ToList();
        var byId = spans.GroupBy(span => span.Id).ToDictionary(group => group.Key, group => group.Last());
        Assert.Equal(2, spans.Count(span => span.Name == "commit"));
        Assert.All(spans.Where(span => span.Name == "commit"), commit => Assert.Equal(
            ["commit", "train slice", "activity:TrainSlice", "activity:TrainSlice", "orchestration:TrainGan", "POST"], PathOf(commit)));

        List<string> PathOf(Span span)
        {
            var name = span.Name.StartsWith("POST", StringComparison.Ordinal) ? "POST" : span.Name.Split('@')[0]; // without route and version
            var path = new List<string> { name };
            if (byId.TryGetValue(span.Parent, out var parent)) path.AddRange(PathOf(parent));
            else Assert.Equal(Client, span.Parent);
            return path;
        }
    }

    private sealed record Span(string Trace, string Id, string Parent, string Name);

    /// <summary>The spans of an export request, by the field numbers of OpenTelemetry's <c>trace.proto</c>.</summary>
    private static IEnumerable<Span> Spans(byte[] request) =>
        from resource in Messages(request, 1)
        from scope in Messages(resource, 2)
        from span in Messages(scope, 2)
        select new Span(Hex(Messages(span, 1)), Hex(Messages(span, 2)), Hex(Messages(span, 4)), ByteString.CopyFrom(Messages(span, 5).Single()).ToStringUtf8());

    private static string Hex(IEnumerable<byte[]> field) => Convert.ToHexStringLower(field.SingleOrDefault() ?? []);

    private static List<byte[]> Messages(byte[] message, int field)
    {
        var found = new List<byte[]>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field) found.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }
        return found;
    }
}
