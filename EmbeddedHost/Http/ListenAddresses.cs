using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// The addresses that Kestrel will listen on, from the settings that Kestrel reads: urls, Kestrel:Endpoints, http_ports, https_ports.
/// </summary>
internal sealed class ListenAddresses
{
    public const string Default = "http://localhost:7071";

    /// <exception cref="InvalidOperationException">An address is not valid; the message names it.</exception>
    public ListenAddresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        string[] urls = [.. Split(configuration["urls"]), .. endpoints];
        string[] ports = [.. Split(configuration["http_ports"]), .. Split(configuration["https_ports"])];
        // A port without a host listens on all addresses.
        string[] all = urls.Length > 0 ? urls : [.. ports.Select(port => $"http://*:{port}")];
        foreach (var url in all)
        {
            if (!IsValid(url))
                throw new InvalidOperationException($"urls: '{url}' is not valid; it must be an address with a port up to 65535, such as {Default}.");
        }
        IsConfigured = all.Length > 0;
        NonLoopback = all.FirstOrDefault(url => !IsLoopback(url));
    }

    /// <summary>Whether any of the settings is present.</summary>
    public bool IsConfigured { get; }

    /// <summary>An address that other machines can reach; null if all are loopback addresses.</summary>
    public string? NonLoopback { get; }

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsValid(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address is { Port: >= 0 and <= IPEndPoint.MaxPort, PathBase: "" } && address.Scheme.ToLowerInvariant() is "http" or "https"
                && (address.IsUnixPipe || address.IsNamedPipe || address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return false;
        }
    }

    private static bool IsLoopback(string url)
    {
        var host = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..].Split('/')[0];
        host = host.StartsWith('[') ? host[1..Math.Max(host.IndexOf(']', StringComparison.Ordinal), 1)] : host.Split(':')[0];
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
