namespace GanFunctions.Core.Runs;

/// <summary>
/// The time that a Flex Consumption plan bills for an execution: at least 1,000 ms, rounded up to 100 ms
/// (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing).
/// </summary>
public static class BilledTime
{
    private const long Minimum = 1000; // milliseconds
    private const long Unit = 100;

    /// <summary>The billed milliseconds of an execution.</summary>
    public static long Of(TimeSpan duration) => Math.Max(Minimum, (long)Math.Ceiling(duration.TotalMilliseconds / Unit) * Unit);
}

/// <summary>Adds an execution, a slice, to what a run has been billed.</summary>
/// <param name="time">Measures the slice.</param>
/// <param name="begun">The timestamp at which the execution began.</param>
internal sealed class SliceBill(TimeProvider time, long begun)
{
    private bool _isRecorded;

    /// <summary>Adds the slice to a row that is about to be written and has its position, unless an earlier write has done so.</summary>
    public void AddTo(RunRow row)
    {
        if (_isRecorded) return;
        var billed = BilledTime.Of(time.GetElapsedTime(begun));
        if (row.Executions == 0) (row.FirstSliceMilliseconds, row.FirstSliceSteps) = (billed, row.CommittedSteps);
        row.Executions++;
        row.BilledMilliseconds += billed;
    }

    /// <summary>Remembers that the row was written.</summary>
    public void MarkRecorded() => _isRecorded = true;
}
