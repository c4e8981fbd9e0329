using Azure;

namespace GanFunctions.Core.Storage;

/// <summary>Recognises failures of the storage.</summary>
public static class StorageFailures
{
    /// <summary>Whether the storage refused a request, or the client gave up after several attempts, each of which is in the exception.</summary>
    public static bool IsOfStorage(this Exception failure) => failure is RequestFailedException or AggregateException;
}
