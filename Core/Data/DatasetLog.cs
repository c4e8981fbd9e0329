using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

internal static partial class DatasetLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset}: {Part} came from {Source}")]
    public static partial void Fetched(this ILogger logger, string dataset, IdxPart part, object source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset} is not to be had from {Attempt}")]
    public static partial void NotThere(this ILogger logger, string dataset, string attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset} is stored: {Train} pictures, SHA-256 {Sha256}")]
    public static partial void Saved(this ILogger logger, string dataset, int? train, string sha256);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset} is fetched again, since its stored copy is damaged: {Damage}")]
    public static partial void Damaged(this ILogger logger, string dataset, string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset}: leftovers could not be removed; the next upload tries again")]
    public static partial void NotSwept(this ILogger logger, Exception exception, string dataset);
}
