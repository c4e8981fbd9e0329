namespace GanFunctions.TestKit;

/// <summary>How often a test repeats what it proves: a few times on a desk, many times where a soak test is asked for, as in CI.</summary>
public static class Soak
{
    /// <summary>Set to 1 for the long versions.</summary>
    public const string Variable = "GANFUNCTIONS_SOAK";

    /// <summary>Whether the long versions are asked for.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>A number for a test to repeat by.</summary>
    /// <param name="usual">Enough to prove the claim.</param>
    /// <param name="soak">So many that what fails once in a while fails here.</param>
    public static int Count(int usual, int soak) => IsOn ? soak : usual;
}
