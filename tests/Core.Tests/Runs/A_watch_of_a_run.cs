using GanFunctions.Core.Runs;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_watch_of_a_run(AzuriteFixture azurite) : RunTableTests(azurite)
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();
    private int _published;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Runs.TryClaimAsync(new RunRow { RowKey = "a", InstanceId = "one", Phase = Phase.Training }, Cancellation);
    }

    [Fact]
    public async Task Publishes_the_progress_every_second_and_lets_the_work_go_on()
    {
        await using var watch = Watch();

        for (var second = 1; second <= 3; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.9));
            Assert.Equal(second - 1, Volatile.Read(ref _published));
            _time.Advance(TimeSpan.FromSeconds(0.1));
            await Wait.UntilAsync(() => Volatile.Read(ref _published) == second, $"publication {second}");
        }
        Assert.Equal((false, false), (watch.IsInterrupted, watch.IsSuperseded));
        Assert.Equal("done", await watch.RunAsync(_ => Task.FromResult("done"), Cancellation));
    }

    [Theory]
    [InlineData(Desired.Pause)]
    [InlineData(Desired.Cancel)]
    public async Task Interrupts_the_work_when_the_user_wants_it_to_stop(Desired desired)
    {
        await using var watch = Watch();
        var work = watch.RunAsync(EndlessAsync, Cancellation);
        await ChangeAsync(row => row.Desired = desired);

        Assert.Null(await AdvanceUntilAsync(work));

        Assert.Equal((true, false), (watch.IsInterrupted, watch.IsSuperseded));
        await Wait.UntilAsync(() => Volatile.Read(ref _published) > 0, "the publication of what was done until then");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Interrupts_the_work_and_publishes_nothing_when_the_run_belongs_to_another_or_is_deleted(bool deleted)
    {
        await using var watch = Watch();
        var work = watch.RunAsync(EndlessAsync, Cancellation);
        if (deleted) await Runs.DeleteAsync("a", Cancellation);
        else await ChangeAsync(row => row.InstanceId = "two");

        Assert.Null(await AdvanceUntilAsync(work));

        Assert.Equal((true, true), (watch.IsInterrupted, watch.IsSuperseded));
        await watch.StopAsync();
        Assert.Equal(0, Volatile.Read(ref _published));
    }

    [Fact]
    public async Task Can_check_at_once_and_remembers_what_it_found()
    {
        await using var watch = Watch();
        Assert.False(await watch.CheckSupersededAsync());

        await ChangeAsync(row => row.InstanceId = "two");
        Assert.True(await watch.CheckSupersededAsync());
        Assert.True(await watch.CheckSupersededAsync());
        await ChangeAsync(row => row.InstanceId = "one");
        Assert.True(await watch.CheckSupersededAsync());
    }

    [Fact]
    public async Task Lets_the_work_go_on_when_the_storage_does_not_answer()
    {
        await using var watch = new RunWatch(UnreachableRuns, "a", "one", _time, _log, PublishAsync);

        Assert.False(await watch.CheckSupersededAsync());
        Assert.Single(_log.Lines);
        await AdvanceUntilAsync(Wait.UntilAsync(() => _log.Lines.Count >= 3, "two failed checks"));

        Assert.Equal((false, false), (watch.IsInterrupted, watch.IsSuperseded));
        Assert.All(_log.Lines, line => Assert.Contains("Run a: could not read the run's row or publish its progress; the work continues.", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lets_the_work_go_on_when_its_progress_cannot_be_published()
    {
        await using var watch = new RunWatch(Runs, "a", "one", _time, _log, _ => throw new InvalidOperationException("no room"));

        await AdvanceUntilAsync(Wait.UntilAsync(() => _log.Lines.Count >= 2, "two failed publications"));

        Assert.False(watch.IsInterrupted);
        Assert.All(_log.Lines, line => Assert.Contains("no room", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Does_not_hide_that_the_host_stops()
    {
        await using var watch = Watch();
        using var stopping = new CancellationTokenSource();
        var work = watch.RunAsync(EndlessAsync, stopping.Token);

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Does_not_take_a_cancellation_by_the_work_for_an_interruption()
    {
        await using var watch = Watch();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.RunAsync<string>(_ => throw new OperationCanceledException(), Cancellation));
    }

    [Fact]
    public async Task Waits_for_a_publication_when_it_is_stopped_and_begins_no_other()
    {
        var (begun, allowed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var watch = new RunWatch(Runs, "a", "one", _time, _log, async _ =>
        {
            begun.SetResult();
            await allowed.Task;
            Interlocked.Increment(ref _published);
        });
        await AdvanceUntilAsync(begun.Task);

        var stopping = watch.StopAsync();
        Assert.False(stopping.IsCompleted);
        allowed.SetResult();
        await stopping;

        Assert.Equal(1, Volatile.Read(ref _published));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, Volatile.Read(ref _published));
    }

    private static async Task<string> EndlessAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        return "";
    }

    private RunWatch Watch() => new(Runs, "a", "one", _time, _log, PublishAsync);

    private Task PublishAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _published);
        return Task.CompletedTask;
    }

    /// <summary>Lets the clock of the watch go on until a task ends.</summary>
    private async Task<T> AdvanceUntilAsync<T>(Task<T> task)
    {
        await AdvanceUntilAsync((Task)task);
        return await task;
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return task.IsCompleted;
        }, "what a watch does every second");
        await task;
    }
}
