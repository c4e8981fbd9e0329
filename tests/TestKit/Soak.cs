using Xunit;

namespace GanFunctions.TestKit;

/// <summary>Repetitions of a test: few by default, many in a soak test, as in CI.</summary>
public static class Soak
{
    /// <summary>Set to 1 for the long versions.</summary>
    public const string Variable = "GANFUNCTIONS_SOAK";

    /// <summary>Whether the long versions run.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Skips a test that has no short version, unless the long versions run.</summary>
    /// <param name="duration">How long it takes, such as "two minutes".</param>
    public static void Only(string duration) => Assert.SkipUnless(IsOn, $"It takes {duration}; {Variable}=1 runs it.");

    /// <summary>A number for a test to repeat by.</summary>
    /// <param name="usual">Enough to prove the claim.</param>
    /// <param name="soak">Enough repetitions to provoke a rare failure.</param>
    public static int Count(int usual, int soak) => IsOn ? soak : usual;
}
