using System.Net;
using System.Net.Sockets;

namespace GanFunctions.Core.Network;

/// <summary>
/// Requests to addresses that users give. They must not reach the private network of the app, such as the metadata service of a virtual machine.
/// </summary>
public static class PublicNetwork
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // RFC 6890 and RFC 4193: networks that the internet does not route, and those of the machine itself; in IPv6 also those that embed IPv4 addresses.
    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "224.0.0.0/3", "168.63.129.16/32",
            "::/96", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    /// <summary>Whether an address is on the internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Array.Exists(Private, network => network.Contains(plain));
    }

    /// <summary>
    /// A handler that connects only to public addresses. It checks the address that it connects to, whatever the name resolved to before and whoever
    /// redirected to it.
    /// </summary>
    /// <param name="allowPrivate">Whether private addresses are allowed.</param>
    /// <param name="setting">The setting that allows them, for the error.</param>
    /// <param name="maxRedirections">Maximum number of redirections to follow.</param>
    public static SocketsHttpHandler CreateHandler(bool allowPrivate, string setting, int maxRedirections) => new()
    {
        AllowAutoRedirect = maxRedirections > 0,
        MaxAutomaticRedirections = Math.Max(maxRedirections, 1),
        ConnectTimeout = ConnectTimeout,
        UseProxy = false, // a proxy would make the connection, without this check
        UseCookies = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
            var allowed = allowPrivate ? addresses : [.. addresses.Where(IsPublic)];
            if (allowed.Length == 0) throw new HttpRequestException($"{context.DnsEndPoint.Host} is in a private network (setting {setting})");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
