namespace GanFunctions.EmbeddedHost;

/// <summary>How an orchestration starts over with an empty history.</summary>
public class ContinueAsNewOptions
{
    public object? NewInput { get; set; }

    /// <summary>Whether events nobody has waited for yet go along.</summary>
    public bool PreserveUnprocessedEvents { get; set; } = true;
}
