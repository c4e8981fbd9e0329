using Azure;

namespace GanFunctions.Storage;

/// <summary>
/// Recognises failures of the storage that pass: it is unreachable, busy, or answers with an error of its own. The storage client has already
/// repeated the request several times. Compiled into the app and into the embedded host.
/// </summary>
internal static class StorageFailure
{
    /// <summary>Seconds after which a client may repeat its request.</summary>
    public const int RetrySeconds = 5;

    /// <summary>What to tell the client whose request failed; null if the storage is not the reason.</summary>
    public static string? Explain(Exception error) => FindCause(error) is { } cause
        ? $"{Describe(cause)} Repeat the request later; before a change, check whether the first request has made it."
        : null;

    private static string Describe(Exception cause) => cause is RequestFailedException { Status: > 0 } answer
        ? $"The storage of the app answers with an error of its own: {answer.Status}{(answer.ErrorCode is { Length: > 0 } code ? $" ({code})" : "")}."
        : $"The storage of the app does not answer: {cause.Message.Split('\n')[0].Trim().TrimEnd('.')}.";

    private static Exception? FindCause(Exception error) => error switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => error,
        AggregateException many when many.InnerExceptions.Select(FindCause).FirstOrDefault(cause => cause is not null) is { } cause => cause,
        AggregateException many when many.Message.StartsWith("Retry failed after", StringComparison.Ordinal) => many.InnerExceptions[^1],
        { InnerException: { } inner } => FindCause(inner),
        _ => null,
    };
}
