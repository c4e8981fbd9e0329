using System.Text.Json.Serialization;

namespace GanFunctions.Functions.Notices;

/// <summary>What happened to a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NoticeKind>))]
public enum NoticeKind
{
    /// <summary>It trained to its last epoch, or stopped early.</summary>
    Completed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>The user cancelled it.</summary>
    Cancelled,

    /// <summary>Its pictures began to show mode collapse.</summary>
    Warning,
}

/// <summary>Where a notice is sent.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NoticeTarget>))]
public enum NoticeTarget
{
    /// <summary>To the address that the start of the run named.</summary>
    Run,

    /// <summary>To the address of the setting <c>Notices:Url</c>.</summary>
    App,

    /// <summary>To the Event Grid topic of the setting <c>Notices:EventGridEndpoint</c>.</summary>
    EventGrid,
}

/// <summary>A notice about a run. It is sent at least once, every time with the same id.</summary>
/// <param name="Id">Identifies what happened.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Time">When.</param>
/// <param name="Data">The content.</param>
public sealed record Notice(string Id, NoticeKind Kind, DateTimeOffset Time, NoticeData Data)
{
    /// <summary>The type of the event.</summary>
    [JsonIgnore]
    public string Type => $"ganfunctions.run.{Kind.ToString().ToLowerInvariant()}";

    /// <summary>The source of the event: the run's address in the API.</summary>
    [JsonIgnore]
    public string Source => $"/api/runs/{Data.Run}";
}

/// <summary>The content of a notice.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="State">The run's state.</param>
/// <param name="Epoch">Number of completed epochs.</param>
/// <param name="Epochs">The last epoch to train.</param>
/// <param name="RollBacks">Number of rollbacks after the training diverged.</param>
/// <param name="Reason">Why the run failed or stopped early; null if it did not.</param>
/// <param name="Warnings">Warnings about the pictures of the last measured epoch.</param>
/// <param name="FrechetDistance">Fréchet distance of the last measured epoch; null if quality is not measured.</param>
/// <param name="BestEpoch">The epoch with the lowest Fréchet distance; null if quality is not measured.</param>
public sealed record NoticeData(
    string Run, string State, int Epoch, int Epochs, int RollBacks, string? Reason, IReadOnlyList<string> Warnings, double? FrechetDistance, int? BestEpoch);

/// <summary>A notice that is to be sent.</summary>
/// <param name="Notice">The notice.</param>
/// <param name="Target">Where to.</param>
/// <param name="Url">The address, for <see cref="NoticeTarget.Run"/>.</param>
/// <param name="Failures">Number of attempts that failed.</param>
public sealed record PendingNotice(Notice Notice, NoticeTarget Target, string? Url = null, int Failures = 0);
