using System.Globalization;
using System.Text.RegularExpressions;
using DurableTask.AzureStorage;
using DurableTask.Core.Settings;
using GanFunctions.Storage;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>
/// The settings of the task hub: <c>extensions.durableTask</c> of host.json, overridden by
/// <c>AzureFunctionsJobHost:extensions:durableTask:...</c> in the configuration. The Functions host reads the same.
/// </summary>
/// <param name="HubName">Name of the task hub; prefix of the queues, tables and containers that the workers of an app share.</param>
/// <param name="MaxConcurrentActivities">Maximum number of concurrent activities in this process.</param>
/// <param name="Versioning">Versions of orchestrations that this app runs.</param>
/// <param name="PartitionCount">Number of partitions (control queues) of a new hub.</param>
/// <param name="MaxQueuePollingInterval">Maximum interval for polling an empty queue.</param>
/// <param name="ControlQueueVisibilityTimeout">How long the orchestration messages of a killed process stay hidden.</param>
/// <param name="WorkItemQueueVisibilityTimeout">How long the activity messages of a killed process stay hidden.</param>
/// <param name="LeaseInterval">How long a killed process keeps its partition leases.</param>
internal sealed partial record TaskHubSettings(
    string HubName, int MaxConcurrentActivities, VersioningSettings Versioning, int PartitionCount, TimeSpan MaxQueuePollingInterval,
    TimeSpan ControlQueueVisibilityTimeout, TimeSpan WorkItemQueueVisibilityTimeout, TimeSpan LeaseInterval)
{
    private const string Section = "extensions:durableTask";
    private const string PollingIntervalName = "storageProvider:maxQueuePollingInterval";
    private const string LeaseIntervalName = "storageProvider:leaseInterval";

    // Shorter than in host.json: a person is waiting, and polling Azurite is free. The Functions host has no setting for the first.
    private static readonly Dictionary<string, string?> EmbeddedDefaults = new()
    {
        [$"{Section}:{LeaseIntervalName}"] = "00:00:15",
        [$"{Section}:{PollingIntervalName}"] = "00:00:01",
    };

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">A value is not valid; the message names the value and what is valid.</exception>
    public static TaskHubSettings From(IConfiguration configuration)
    {
        var merged = HostJson.Read(configuration, EmbeddedDefaults).GetSection(Section);
        var hub = merged["hubName"] ?? "GanFunctions";
        if (!HubNames().IsMatch(hub)) throw NotValid("hubName", hub, "a letter followed by 2 to 44 letters and digits");
        return new(
            hub,
            Number(merged, "maxConcurrentActivityFunctions", defaultValue: 10, max: 1000),
            new VersioningSettings
            {
                Version = merged["defaultVersion"] ?? "",
                MatchStrategy = Choice(merged, "versionMatchStrategy", VersioningSettings.VersionMatchStrategy.CurrentOrOlder),
                FailureStrategy = Choice(merged, "versionFailureStrategy", VersioningSettings.VersionFailureStrategy.Reject),
            },
            Number(merged, "storageProvider:partitionCount", defaultValue: 4, max: 16),
            Time(merged, PollingIntervalName),
            Time(merged, "storageProvider:controlQueueVisibilityTimeout"),
            Time(merged, "storageProvider:workItemQueueVisibilityTimeout"),
            Time(merged, LeaseIntervalName));
    }

    /// <summary>Converts to the settings of the Durable Task Framework.</summary>
    public AzureStorageOrchestrationServiceSettings ToServiceSettings(StorageAccountClientProvider storage) => new()
    {
        TaskHubName = HubName,
        StorageAccountClientProvider = storage,
        // Must be unique. The default is the machine name, which two processes on one machine share.
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

    private static int Number(IConfiguration section, string name, int defaultValue, int max) => Read(
        section, name, defaultValue, $"a whole number from 1 to {max}",
        text => int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max ? number : null);

    private static T Choice<T>(IConfiguration section, string name, T defaultValue)
        where T : struct, Enum => Read(
            section, name, defaultValue, string.Join(", ", Enum.GetNames<T>()),
            text => Enum.TryParse<T>(text, ignoreCase: true, out var choice) && Enum.IsDefined(choice) ? choice : null);

    private static TimeSpan Time(IConfiguration section, string name) => Read(
        section, name, TimeSpan.FromSeconds(30), "a time such as 00:00:20",
        text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero ? time : null);

    private static T Read<T>(IConfiguration section, string name, T defaultValue, string valid, Func<string, T?> parse)
        where T : struct => section[name] is { } text ? parse(text) ?? throw NotValid(name, text, valid) : defaultValue;

    private static InvalidOperationException NotValid(string name, string value, string valid) =>
        new($"{HostJson.Overrides}:{Section}:{name} (or host.json, {Section}:{name}): '{value}' is not valid; it must be {valid}.");

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,44}$")]
    private static partial Regex HubNames();
}
