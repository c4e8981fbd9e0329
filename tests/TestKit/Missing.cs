using Xunit.Sdk;

namespace GanFunctions.TestKit;

/// <summary>What a test needs and not every desk has.</summary>
public static class Missing
{
    /// <summary>Set to 1 where everything is to be there, as in CI: what is missing fails the test then.</summary>
    public const string NoSkips = "GANFUNCTIONS_NO_SKIPS";

    /// <summary>To throw where something is missing: skips the test, or fails it.</summary>
    /// <param name="what">What is missing, and how to get it.</param>
    public static Exception Here(string what) => Environment.GetEnvironmentVariable(NoSkips) == "1"
        ? FailException.ForFailure($"{what} ({NoSkips} is 1)")
        : SkipException.ForSkip(what);
}
