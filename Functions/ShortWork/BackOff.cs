namespace GanFunctions.Functions.ShortWork;

/// <summary>Delays between attempts to reach a server, about an hour in all.</summary>
internal static class BackOff
{
    /// <summary>Number of failures after which there are further attempts.</summary>
    public const int MaxFailures = 12;

    private const int MaxDoublings = 9;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Last = TimeSpan.FromMinutes(15);

    /// <summary>The delay after a number of failures: it doubles from two seconds to a quarter of an hour.</summary>
    public static TimeSpan After(int failures) => failures > MaxDoublings ? Last : First * Math.Pow(2, failures - 1);
}
