using System.Text.Json;
using Azure.Storage.Queues;

namespace GanFunctions.Functions.ShortWork;

/// <summary>The queue of <see cref="DoShortWork"/>.</summary>
/// <param name="queue">Created when the app starts.</param>
public sealed class ShortJobs(QueueClient queue)
{
    /// <summary>Its name in the storage account.</summary>
    public const string Name = "gan-short-work";

    /// <summary>Adds a job. Takes no cancellation token: what needs the job is already stored.</summary>
    public Task AddAsync(ShortJob job) => queue.SendMessageAsync(JsonSerializer.Serialize(job, JsonSerializerOptions.Web), CancellationToken.None);
}
