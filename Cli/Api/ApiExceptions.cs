using System.Net;

namespace GanFunctions.Cli.Api;

/// <summary>The app refused a call.</summary>
/// <param name="status">The status of the response.</param>
/// <param name="message">What is wrong and how to fix it.</param>
public sealed class RefusedException(HttpStatusCode status, string message) : Exception(message)
{
    /// <summary>The status of the response.</summary>
    public HttpStatusCode Status { get; } = status;
}

/// <summary>The app does not answer.</summary>
/// <param name="message">Its address, and the reason.</param>
public sealed class UnreachableException(string message) : Exception(message);
