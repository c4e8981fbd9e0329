namespace GanFunctions.EmbeddedHost;

/// <summary>Marks the parameter that receives the HTTP request.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute : Attribute
{
    public HttpTriggerAttribute()
        : this(AuthorizationLevel.Function)
    {
    }

    public HttpTriggerAttribute(params string[] methods)
        : this(AuthorizationLevel.Function, methods)
    {
    }

    public HttpTriggerAttribute(AuthorizationLevel authLevel)
        : this(authLevel, [])
    {
    }

    public HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods)
    {
        AuthLevel = authLevel;
        Methods = methods;
    }

    /// <summary>The route template; the function's name when null.</summary>
    public string? Route { get; set; }

    /// <summary>The HTTP methods it answers to; every one when empty.</summary>
    public string[] Methods { get; }

    /// <summary>What a caller must show.</summary>
    public AuthorizationLevel AuthLevel { get; }
}
