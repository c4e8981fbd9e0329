namespace GanFunctions.Core.Data.Uploads;

/// <summary>Does something again and again, until it is disposed of.</summary>
internal sealed class Timed : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public Timed(TimeProvider time, TimeSpan interval, Func<Task> work)
    {
        _timer = new PeriodicTimer(interval, time);
        _loop = LoopAsync(work);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task LoopAsync(Func<Task> work)
    {
        while (await _timer.WaitForNextTickAsync()) await work();
    }
}
