namespace GanFunctions.EmbeddedHost;

/// <summary>Marks a method as a function of the app.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    /// <summary>The name, unique in the app; for orchestrators and activities the one they are called by.</summary>
    public string Name { get; } = name;
}
