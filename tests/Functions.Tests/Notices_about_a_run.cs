using System.Net;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using GanFunctions.TestKit;
using StandardWebhooks;

namespace GanFunctions.Functions.Tests;

public sealed class Notices_about_a_run
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0LCBvbmx5IGEgdGVzdA==";
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reach_every_target_although_the_receiver_fails_and_the_app_is_killed()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var refusals = 0;
        await using var receiver = await NoticeReceiver.StartAsync(
            received => received.Path == "/run" && TypeOf(received).EndsWith("completed", StringComparison.Ordinal) && refusals++ < 2 ? 500 : 200);
        string[] settings =
        [
            .. App.ImpatientHub, "--Notices:Url", $"{receiver.Address}/app", "--Notices:Secret", Secret, "--Notices:AllowPrivateAddresses", "true",
            "--Notices:EventGridEndpoint", $"{receiver.Address}/eventgrid/api/events", "--Notices:EventGridKey", "key of the topic",
        ];
        await using (var killed = App.Start(azurite.ConnectionString, settings))
        {
            var http = await killed.WaitUntilListeningAsync();
            using var pictures = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [300, 28, 28])), "images", "images" } };
            await http.UploadAsync("noise", pictures);
            var body = ApiCalls.Tiny("noticed");
            body["learningRate"] = 1e-7; // its pictures are not trained, and all alike
            (body["dataset"], body["epochs"], body["qualitySamples"], body["notify"]) = ("noise", 4, 100, new JsonObject { ["url"] = $"{receiver.Address}/run" });
            using var started = await http.StartAsync(body);
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            Assert.DoesNotContain("notify", (await started.ReadAsync())["options"]!.AsObject().Select(option => option.Key));
            await Wait.UntilAsync(() => refusals > 0, "the first refusal");
            await killed.KillAsync();
        }

        await using var app = App.Start(azurite.ConnectionString, settings);
        await app.WaitUntilListeningAsync();
        await Wait.UntilAsync(() => Kinds("/run").Count(kind => kind == "completed") >= 3, "the notice to be accepted");
        await Wait.UntilAsync(
            () => new[] { "/app", "/eventgrid/api/events" }.All(path => Kinds(path).Contains("completed") && Kinds(path).Contains("warning")), "all targets");

        foreach (var path in (string[])["/run", "/app"])
        {
            var events = receiver.At(path).Select(Verified).ToList();
            Assert.All(events, each => Assert.Equal(("/api/runs/noticed", "noticed"), (each.Source!.ToString(), each.Subject)));
            Assert.Equal(2, events.Select(each => each.Id).Distinct().Count()); // the warning once, although every later epoch has it, and the end
            var end = events.First(each => each.Type == "ganfunctions.run.completed");
            var data = JsonNode.Parse(((JsonElement)end.Data!).GetRawText())!;
            Assert.Equal(("noticed", "completed", 4), ((string)data["run"]!, (string)data["state"]!, (int)data["epoch"]!));
            var warning = JsonNode.Parse(((JsonElement)events.First(each => each.Type == "ganfunctions.run.warning").Data!).GetRawText())!;
            Assert.StartsWith("Mode collapse: after epoch 3", (string)warning["warnings"]![0]!, StringComparison.Ordinal);
        }
        Assert.All(receiver.At("/eventgrid/api/events"), each => Assert.Equal("key of the topic", each.Headers["aeg-sas-key"]));

        List<string> Kinds(string path) => [.. receiver.At(path).Select(each => TypeOf(each).Split('.')[^1])];
    }

    private static string TypeOf(ReceivedNotice received)
    {
        var node = JsonNode.Parse(received.Body)!;
        return (string)(node is JsonArray batch ? batch[0]! : node)["type"]!;
    }

    /// <summary>The event, after a library of others has verified its signature.</summary>
    private static CloudEvent Verified(ReceivedNotice received)
    {
        new StandardWebhook(Secret).Verify(Encoding.UTF8.GetString(received.Body), received.Headers); // throws if it is wrong
        var type = new ContentType(received.Headers.ContentType!);
        Assert.Equal("application/cloudevents+json", type.MediaType);
        var read = new JsonEventFormatter().DecodeStructuredModeMessage(received.Body, type, null);
        Assert.True(read.IsValid);
        Assert.Equal(read.Id, received.Headers["webhook-id"]);
        return read;
    }
}

[Collection(nameof(SharedApp))]
public sealed class A_start_with_an_address_for_notices(App app)
{
    [Theory]
    [InlineData("""{"url": "ftp://20.60.1.1/"}""", "notify.url: \"ftp://20.60.1.1/\" is not valid; it must be an http or https address without a user name")]
    [InlineData("""{"url": "https://me@20.60.1.1/"}""", "notify.url: \"https://me@20.60.1.1/\" is not valid; it must be an http or https address without")]
    [InlineData("""{"url": "/notices"}""", "notify.url: \"/notices\" is not valid")]
    [InlineData("""{"url": 3}""", "notify.url: 3 is not valid")]
    [InlineData("{}", "notify.url: nothing is not valid")]
    [InlineData("\"https://20.60.1.1/\"", "notify: \"https://20.60.1.1/\" is not valid; it must be an object such as {\"url\": \"https://example.com/notices\"}.")]
    [InlineData("""{"url": "https://20.60.1.1/", "secret": "x"}""", "notify.secret is not a field here; valid is url.")]
    [InlineData("""{"url": "http://localhost/"}""", "localhost is in a private network, which requires the setting Notices:AllowPrivateAddresses.")]
    [InlineData("""{"url": "http://169.254.169.254/metadata"}""", "169.254.169.254 is in a private network")]
    [InlineData("""{"url": "http://[::ffff:10.0.0.1]/"}""", "[::ffff:10.0.0.1] is in a private network")]
    public async Task That_is_not_valid_is_400(string notify, string message)
    {
        using var answer = await app.Http.StartAsync(new JsonObject { ["dataset"] = "digits", ["notify"] = JsonNode.Parse(notify) });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(message, (string)(await answer.ReadAsync())["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolves_to_the_same_options_as_one_without()
    {
        var body = new JsonObject { ["dataset"] = "digits" };
        using var without = await app.Http.CallAsync("api/runs?dryRun=true", body);
        body["notify"] = new JsonObject { ["url"] = "https://20.60.1.1/notices" };
        using var with = await app.Http.CallAsync("api/runs?dryRun=true", body);

        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
        Assert.Equal((await without.ReadAsync()).ToJsonString(), (await with.ReadAsync()).ToJsonString());
    }
}
