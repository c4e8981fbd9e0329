using System.Globalization;
using System.Text.RegularExpressions;
using DurableTask.AzureStorage;
using DurableTask.Core.Settings;
using GanFunctions.Storage;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>
/// The settings of <c>extensions.durableTask</c> in host.json that both hosts read, and <c>AzureFunctionsJobHost:extensions:durableTask:...</c> in the
/// configuration, which overrides them on both hosts.
/// </summary>
/// <param name="HubName">Names the queues, tables and containers that the workers of an app share.</param>
/// <param name="MaxConcurrentActivities">Activities that run at once in this process.</param>
/// <param name="Versioning">Which orchestrations this app may run.</param>
/// <param name="PartitionCount">Control queues of a new hub.</param>
/// <param name="MaxQueuePollingInterval">Longest time between two looks at an empty queue.</param>
/// <param name="ControlQueueVisibilityTimeout">How long the orchestration messages of a killed process stay hidden.</param>
/// <param name="WorkItemQueueVisibilityTimeout">How long the activity messages of a killed process stay hidden.</param>
/// <param name="LeaseInterval">How long the partitions of a killed process stay its own.</param>
internal sealed partial record TaskHubSettings(
    string HubName, int MaxConcurrentActivities, VersioningSettings Versioning, int PartitionCount, TimeSpan MaxQueuePollingInterval,
    TimeSpan ControlQueueVisibilityTimeout, TimeSpan WorkItemQueueVisibilityTimeout, TimeSpan LeaseInterval)
{
    private const string Section = "extensions:durableTask";
    private const string Queue = "storageProvider:controlQueueVisibilityTimeout";
    private const string Polling = "storageProvider:maxQueuePollingInterval";
    private const string Lease = "storageProvider:leaseInterval";

    // Shorter here: a person is waiting, and polling Azurite is free. The Functions host requires at least a minute for the first and has no setting for the second.
    private static readonly Dictionary<string, string?> Shorter = new()
    {
        [$"{Section}:{Queue}"] = "00:00:20",
        [$"{Section}:{Lease}"] = "00:00:15",
        [$"{Section}:{Polling}"] = "00:00:01",
    };

    /// <exception cref="InvalidOperationException">A value is not valid; the message names it and what is.</exception>
    public static TaskHubSettings From(IConfiguration configuration)
    {
        var merged = HostJson.Read(configuration, Shorter).GetSection(Section);
        var hub = merged["hubName"] ?? "GanFunctions";
        if (!HubNames().IsMatch(hub)) throw NotValid("hubName", hub, "a letter followed by 2 to 44 letters and digits");
        return new(
            hub,
            Number(merged, "maxConcurrentActivityFunctions", otherwise: 10, most: 1000),
            new VersioningSettings
            {
                Version = merged["defaultVersion"] ?? "",
                MatchStrategy = Choice(merged, "versionMatchStrategy", VersioningSettings.VersionMatchStrategy.CurrentOrOlder),
                FailureStrategy = Choice(merged, "versionFailureStrategy", VersioningSettings.VersionFailureStrategy.Reject),
            },
            Number(merged, "storageProvider:partitionCount", otherwise: 4, most: 16),
            Time(merged, Polling),
            Time(merged, Queue),
            Time(merged, "storageProvider:workItemQueueVisibilityTimeout"),
            Time(merged, Lease));
    }

    /// <summary>Converts to the settings of the library.</summary>
    public AzureStorageOrchestrationServiceSettings For(StorageAccountClientProvider storage) => new()
    {
        TaskHubName = HubName,
        StorageAccountClientProvider = storage,
        // The default is the machine's name, which two processes on one machine share.
        WorkerId = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}"),
        MaxConcurrentTaskActivityWorkItems = MaxConcurrentActivities,
        PartitionCount = PartitionCount,
        MaxQueuePollingInterval = MaxQueuePollingInterval,
        ControlQueueVisibilityTimeout = ControlQueueVisibilityTimeout,
        WorkItemQueueVisibilityTimeout = WorkItemQueueVisibilityTimeout,
        LeaseInterval = LeaseInterval,
        LeaseAcquireInterval = LeaseInterval / 3,
        UseAppLease = false,
        UseTablePartitionManagement = true,
        ThrowExceptionOnInvalidDedupeStatus = true,
    };

    private static int Number(IConfiguration section, string name, int otherwise, int most) => Read(
        section, name, otherwise, $"a whole number from 1 to {most}",
        text => int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : null);

    private static T Choice<T>(IConfiguration section, string name, T otherwise)
        where T : struct, Enum => Read(
            section, name, otherwise, string.Join(", ", Enum.GetNames<T>()),
            text => Enum.TryParse<T>(text, ignoreCase: true, out var choice) && Enum.IsDefined(choice) ? choice : null);

    private static TimeSpan Time(IConfiguration section, string name) => Read(
        section, name, TimeSpan.FromSeconds(30), "a time such as 00:00:20",
        text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero ? time : null);

    private static T Read<T>(IConfiguration section, string name, T otherwise, string valid, Func<string, T?> parse)
        where T : struct => section[name] is { } text ? parse(text) ?? throw NotValid(name, text, valid) : otherwise;

    private static InvalidOperationException NotValid(string name, string value, string valid) =>
        new($"{HostJson.Overrides}:{Section}:{name} (or host.json, {Section}:{name}): '{value}' is not valid; it must be {valid}.");

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,44}$")]
    private static partial Regex HubNames();
}
