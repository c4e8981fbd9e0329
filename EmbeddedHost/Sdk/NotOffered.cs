namespace GanFunctions.EmbeddedHost;

/// <summary>The answer to a call of what the SDK has and this host has not.</summary>
internal static class NotOffered
{
    public static NotSupportedException Member(string name) =>
        new($"The embedded host does not offer {name}; the Azure Functions host does.");

    public static void When(bool used, string name)
    {
        if (used)
        {
            throw Member(name);
        }
    }
}
