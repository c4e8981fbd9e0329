using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Control_of_a_run(App app)
{
    private const int StepsOfLong = 60_000 / 32; // an epoch of ApiCalls.Long

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pauses_in_mid_slice_and_resumes_from_there_exactly()
    {
        await BeginAsync("pausing");

        await app.Http.CallAsync("api/runs/pausing/pause");
        await app.Http.UntilAsync("pausing", "paused");
        var paused = await app.Http.LastCheckpointAsync("pausing");
        AssertInMidSlice("pausing", paused.Name);

        await app.Http.CallAsync("api/runs/pausing/resume");
        await Wait.UntilAsync(async () => (int)(await app.Http.JsonAsync("api/runs/pausing"))["progress"]!["step"]! > StepOf(paused.Name), "the next steps");
        Assert.Equal("training", await app.Http.StateAsync("pausing"));
        await app.Http.CallAsync("api/runs/pausing/cancel");
        await app.Http.UntilAsync("pausing", "cancelled");
        Assert.True(StepOf((await app.Http.LastCheckpointAsync("pausing")).Name) > StepOf(paused.Name));
    }

    [Fact]
    public async Task Pauses_with_a_checkpoint_as_soon_as_the_run_is_training()
    {
        using (var pictures = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [410, 28, 28])), "images", "images" } })
            await app.Http.UploadAsync("new-noise", pictures); // no quality reference is stored for it
        var body = ApiCalls.Tiny("hasty");
        (body["dataset"], body["imagesPerEpoch"], body["epochs"], body["qualitySamples"]) = ("new-noise", 64, 9_999, 100);
        using var started = await app.Http.StartAsync(body);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);

        await app.Http.UntilAsync("hasty", "training");
        await app.Http.CallAsync("api/runs/hasty/pause");
        var paused = await app.Http.UntilAsync("hasty", "paused");

        Assert.NotNull(paused["checkpoint"]);
        await app.Http.CallAsync("api/runs/hasty/cancel");
    }

    [Fact]
    public async Task Cancels_in_mid_slice_and_keeps_what_was_committed()
    {
        await BeginAsync("cancelling");

        using var answer = await app.Http.CallAsync("api/runs/cancelling/cancel");
        Assert.Equal((HttpStatusCode.Accepted, "cancelling"), (answer.StatusCode, (string)(await answer.ReadAsync())["state"]!));
        await app.Http.UntilAsync("cancelling", "cancelled");

        AssertInMidSlice("cancelling", (await app.Http.LastCheckpointAsync("cancelling")).Name);
        using var pictures = await app.Http.GetAsync("api/runs/cancelling/samples", Cancellation);
        Assert.Equal(HttpStatusCode.OK, pictures.StatusCode);
    }

    [Fact]
    public async Task Extends_a_completed_run_from_its_last_checkpoint()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("longer"));
        await app.Http.UntilAsync("longer", "completed");
        Assert.Equal("000-00002-000004", await DrawnFromAsync());

        using var refused = await app.Http.CallAsync("api/runs/longer/extend", new { epochs = 99_998 });
        Assert.Equal(
            (HttpStatusCode.BadRequest, "epochs: 99998 is not valid here: run 'longer' would have 100000 epochs, and the maximum is 99999."),
            (refused.StatusCode, (string)(await refused.ReadAsync())["detail"]!));
        using var extended = await app.Http.CallAsync("api/runs/longer/extend", new { epochs = 1 });
        Assert.Equal(HttpStatusCode.Accepted, extended.StatusCode);
        var view = await app.Http.UntilAsync("longer", "completed");

        Assert.Equal((3, 3), ((int)view["progress"]!["epoch"]!, (int)view["progress"]!["epochs"]!));
        Assert.Equal("000-00003-000004", (await app.Http.LastCheckpointAsync("longer")).Name);
        Assert.Equal("000-00003-000004", await DrawnFromAsync());

        async Task<string> DrawnFromAsync()
        {
            using var drawn = await app.Http.GetAsync("api/runs/longer/samples", Cancellation);
            return drawn.Headers.GetValues("X-Checkpoint").Single();
        }
    }

    [Fact]
    public async Task Gives_an_extended_run_the_bytes_of_a_run_that_was_longer_from_the_start()
    {
        using var shorter = await app.Http.StartAsync(ApiCalls.Tiny("extended"));
        await app.Http.UntilAsync("extended", "completed");
        await app.Http.CallAsync("api/runs/extended/extend", new { epochs = 1 });
        var body = ApiCalls.Tiny("three");
        body["epochs"] = 3;
        using var longer = await app.Http.StartAsync(body);

        await app.Http.UntilAsync("extended", "completed");
        await app.Http.UntilAsync("three", "completed");

        Assert.Equal(await app.Http.LastCheckpointAsync("three"), await app.Http.LastCheckpointAsync("extended"));
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    public async Task Returns_409_with_the_state_that_does_not_allow_it(string call)
    {
        await app.Http.TrainedAsync("tiny");

        using var answer = await app.Http.CallAsync($"api/runs/tiny/{call}");

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var problem = await answer.ReadAsync();
        Assert.Equal("completed", (string)problem["state"]!);
        Assert.StartsWith($"The run 'tiny' is completed; {call} requires one of the states ", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    private async Task BeginAsync(string run)
    {
        using var started = await app.Http.StartAsync(ApiCalls.Long(run));
        started.EnsureSuccessStatusCode();
        await Wait.UntilAsync(async () => (int)(await app.Http.JsonAsync($"api/runs/{run}"))["progress"]!["step"]! > 3, "the first steps");
    }

    // The run did not continue to the end of the interrupted slice, its first: that would be the end of the epoch, or four minutes later.
    private void AssertInMidSlice(string run, string checkpoint)
    {
        Assert.InRange(StepOf(checkpoint), 4, StepsOfLong - 1);
        Assert.Single(app.Process.Lines, line => line.Text.Contains($"Run {run}: training from", StringComparison.Ordinal));
    }

    private static int StepOf(string checkpoint) => int.Parse(checkpoint.Split('-')[2], System.Globalization.CultureInfo.InvariantCulture);
}
