namespace GanFunctions.EmbeddedHost;

/// <summary>What a caller of an HTTP function must show. The embedded host has one key, which opens every level.</summary>
public enum AuthorizationLevel
{
    Anonymous,
    User,
    Function,
    System,
    Admin,
}
