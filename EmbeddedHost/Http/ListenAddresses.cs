using System.Net;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>Where Kestrel is told to listen, by the settings it reads itself: urls, Kestrel:Endpoints, http_ports, https_ports.</summary>
internal sealed class ListenAddresses
{
    public const string Default = "http://localhost:7071";

    public ListenAddresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        string[] urls = [.. Split(configuration["urls"]), .. endpoints];
        string[] ports = [.. Split(configuration["http_ports"]), .. Split(configuration["https_ports"])];
        // A port alone is opened on every address.
        string[] all = urls.Length > 0 ? urls : [.. ports.Select(port => $"http://*:{port}")];
        IsConfigured = all.Length > 0;
        Beyond = all.FirstOrDefault(url => !IsLoopback(url));
    }

    public bool IsConfigured { get; }

    /// <summary>An address that other machines can reach, or null.</summary>
    public string? Beyond { get; }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsLoopback(string url)
    {
        var host = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..].Split('/')[0];
        host = host.StartsWith('[') ? host[1..Math.Max(host.IndexOf(']', StringComparison.Ordinal), 1)] : host.Split(':')[0];
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
