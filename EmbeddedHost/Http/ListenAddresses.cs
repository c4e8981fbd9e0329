using System.Net;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// The addresses that Kestrel will listen on, from the settings that Kestrel reads: urls, Kestrel:Endpoints, http_ports, https_ports.
/// </summary>
internal sealed class ListenAddresses
{
    public const string Default = "http://localhost:7071";

    public ListenAddresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        string[] urls = [.. Split(configuration["urls"]), .. endpoints];
        string[] ports = [.. Split(configuration["http_ports"]), .. Split(configuration["https_ports"])];
        // A port without a host listens on all addresses.
        string[] all = urls.Length > 0 ? urls : [.. ports.Select(port => $"http://*:{port}")];
        IsConfigured = all.Length > 0;
        NonLoopback = all.FirstOrDefault(url => !IsLoopback(url));
    }

    /// <summary>Whether any of the settings is present.</summary>
    public bool IsConfigured { get; }

    /// <summary>An address that other machines can reach; null if all are loopback addresses.</summary>
    public string? NonLoopback { get; }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsLoopback(string url)
    {
        var host = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..].Split('/')[0];
        host = host.StartsWith('[') ? host[1..Math.Max(host.IndexOf(']', StringComparison.Ordinal), 1)] : host.Split(':')[0];
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
