using Xunit.Sdk;

namespace GanFunctions.TestKit;

/// <summary>Requirements of tests that not every machine meets.</summary>
public static class Missing
{
    /// <summary>Set to 1 if everything must be installed, as in CI: a test then fails if something is missing.</summary>
    public const string NoSkips = "GANFUNCTIONS_NO_SKIPS";

    /// <summary>The exception to throw if something is missing: it skips the test, or fails it.</summary>
    /// <param name="what">What is missing, and how to get it.</param>
    public static Exception Here(string what) => Environment.GetEnvironmentVariable(NoSkips) == "1"
        ? FailException.ForFailure($"{what} ({NoSkips} is 1)")
        : SkipException.ForSkip(what);
}
