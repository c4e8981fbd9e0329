using System.Net;
using System.Text.Json.Nodes;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Quality;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class An_event_file_for_TensorBoard(App app) : IAsyncLifetime
{
    private const string Run = "event-file";
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await app.Http.TrainedAsync(Run);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Has_the_losses_by_step_and_by_epoch()
    {
        var losses = await app.Http.JsonAsync($"api/runs/{Run}/losses");
        var events = await ReadAsync();

        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal(Of(losses["steps"]), events.Where(Has("loss/generator")).Select(each => Math.Round(each.WallTime, 3)));
        Assert.Equal([2, 4, 6, 8], events.Where(Has("loss/generator")).Select(each => (int)each.Step));
        Assert.Equal(Of(losses["steps"], "discriminatorLoss"), Series(events, "loss/discriminator"));
        Assert.Equal(Of(losses["steps"], "generatorLoss"), Series(events, "loss/generator"));
        Assert.Equal(Of(losses["steps"], "realScore"), Series(events, "score/real"));
        Assert.Equal(Of(losses["steps"], "fakeScore"), Series(events, "score/fake"));
        Assert.Equal(Of(losses["steps"], "imagesPerSecond"), Series(events, "speed/images_per_second"));
        Assert.Equal(Of(losses["epochs"], "generatorLoss"), Series(events, "epoch/generator_loss"));
        Assert.Equal([1, 2], events.Where(Has("epoch/generator_loss")).Select(each => (int)each.Step));
    }

    [Fact]
    public async Task Has_the_grid_of_every_epoch_unless_it_is_requested_without()
    {
        var pictures = (await ReadAsync())
            .SelectMany(each => each.Values.Where(value => value.Picture is not null), (each, value) => (each.Step, value)).ToList();
        var without = await ReadAsync("?images=false");

        Assert.Equal([(1, "samples"), (2, "samples")], pictures.Select(each => ((int)each.Step, each.value.Tag)));
        foreach (var (epoch, value) in pictures)
        {
            Assert.Equal(await app.Http.GetByteArrayAsync($"api/runs/{Run}/grids/{epoch}", Cancellation), value.Picture!.File);
            Assert.Equal(Png.Size(value.Picture.File), (value.Picture.Width, value.Picture.Height));
            Assert.Equal(1, value.Picture.Channels);
        }
        Assert.DoesNotContain(without.SelectMany(each => each.Values), value => value.Picture is not null);
    }

    [Fact]
    public async Task Has_the_quality_of_a_measured_epoch()
    {
        var quality = new PictureQuality(
            100, 21.5, 0.031, 1.2, 0.0001, 0.94, new string('0', 64), null, Precision: 0.71, Recall: 0.62, Density: 0.78, Coverage: 0.74);
        var log = new LossLog(app.Azurite.Tables().GetTableClient("GanLosses"));
        var row = await log.ReadAsync(Run, Cancellation).LastAsync(Cancellation);
        var measured = LossRow.OfEpoch(Run, 0, 2, default, 300, row.Time, quality);

        await log.WriteAsync([measured], Cancellation);

        var values = (await ReadAsync()).Where(each => each.Step == 2).SelectMany(each => each.Values)
            .Where(value => value.Tag.StartsWith("quality/", StringComparison.Ordinal)).Select(value => $"{value.Tag[8..]} {value.Number}");
        Assert.Equal(
            ["frechet_distance 21.5", "kernel_distance 0.031", "variety 0.94", "precision 0.71", "recall 0.62", "density 0.78", "coverage 0.74"], values);
    }

    [Fact]
    public async Task Has_a_name_that_TensorBoard_finds_and_is_not_sent_again_to_a_client_that_has_it()
    {
        using var first = await app.Http.GetAsync($"api/runs/{Run}/events.tfevents", Cancellation);

        Assert.Matches($"^events\\.out\\.tfevents\\.[0-9]+\\.{Run}$", first.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(""));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("?images=false"));

        async Task<HttpStatusCode> AskAsync(string query)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"api/runs/{Run}/events.tfevents{query}")
            {
                Headers = { IfNoneMatch = { first.Headers.ETag! } },
            };
            using var answer = await app.Http.SendAsync(request, Cancellation);
            return answer.StatusCode;
        }
    }

    private async Task<IReadOnlyList<LoggedEvent>> ReadAsync(string query = "") =>
        EventFileReader.Read(await app.Http.GetByteArrayAsync($"api/runs/{Run}/events.tfevents{query}", Cancellation));

    private static IEnumerable<float> Of(JsonNode? rows, string name) => rows!.AsArray().Select(row => (float)(double)row![name]!);

    private static IEnumerable<double> Of(JsonNode? rows) =>
        rows!.AsArray().Select(row => ((DateTimeOffset)row!["time"]!).ToUnixTimeMilliseconds() / 1000.0);

    private static IEnumerable<float> Series(IEnumerable<LoggedEvent> events, string tag) =>
        events.SelectMany(each => each.Values).Where(value => value.Tag == tag).Select(value => value.Number!.Value);

    private static Func<LoggedEvent, bool> Has(string tag) => each => each.Values.Any(value => value.Tag == tag);
}
