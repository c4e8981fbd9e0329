using System.Globalization;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// The rows of a hub's table. A partition is an instance: <c>instance</c>, its history <c>h-{execution}-{sequence}</c>, and
/// <c>inbox-{time}-{number}</c>, what it has been sent and has not seen. Instance ids cannot begin with the @ of the partition @wake.
/// </summary>
internal static class RowKeys
{
    public const string Instance = "instance";
    public const string InboxPrefix = "inbox-";
    public const string AfterInbox = "inbox.";
    public const string HistoryPrefix = "h-";
    public const string WakePartition = "@wake";

    public static string History(int execution, int sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{HistoryPrefix}{execution:D6}-{sequence:D6}");

    public static string HistoryOf(int execution) => string.Create(CultureInfo.InvariantCulture, $"{HistoryPrefix}{execution:D6}-");

    public static int ExecutionOf(string historyKey) =>
        int.Parse(historyKey.Split('-')[1], CultureInfo.InvariantCulture);

    public static string Inbox(DateTimeOffset now, long number) => string.Create(
        CultureInfo.InvariantCulture, $"{InboxPrefix}{now.UtcTicks:D19}-{number:D9}-{Guid.NewGuid().ToString("N")[..8]}");

    /// <exception cref="ArgumentException">The id is empty, longer than 100, begins with @, or has a character tables refuse in keys.</exception>
    public static void ThrowIfNoInstanceId(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (instanceId.Length > 100 || instanceId[0] == '@' || instanceId.Any(c => c is '/' or '\\' or '#' or '?' || char.IsControl(c)))
        {
            throw new ArgumentException(
                $"'{instanceId}' is no instance id: valid are 1 to 100 characters without / \\ # ? and control characters, not beginning with @.",
                nameof(instanceId));
        }
    }
}
