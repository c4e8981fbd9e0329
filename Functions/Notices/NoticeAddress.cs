using System.Net;
using System.Net.Sockets;
using GanFunctions.Core.Network;

namespace GanFunctions.Functions.Notices;

/// <summary>Addresses that notices are sent to.</summary>
internal static class NoticeAddress
{
    /// <summary>Valid addresses, to complete the sentence "it must be".</summary>
    public const string Valid = "an http or https address without a user name";

    /// <summary>Reads an address; null if it is not valid.</summary>
    public static Uri? TryParse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            ? url
            : null;

    /// <summary>
    /// Why notices cannot be sent to an address, as far as that is known before the first: its name does not exist, or all that it resolves to is
    /// private. Every connection checks this again.
    /// </summary>
    /// <returns>The problem, to follow "is not valid; "; null if there is none.</returns>
    public static async Task<string?> ProblemWithAsync(Uri url, bool allowPrivate, CancellationToken cancellation)
    {
        if (allowPrivate) return null;
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(url.IdnHost, cancellation);
            return addresses.Any(PublicNetwork.IsPublic)
                ? null
                : $"{url.Host} is in a private network, which requires the setting {NoticeOptions.Section}:{nameof(NoticeOptions.AllowPrivateAddresses)}";
        }
        catch (SocketException missing) when (missing.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return $"there is no host {url.Host}";
        }
        catch (SocketException)
        {
            return null; // the name cannot be resolved at the moment
        }
    }
}
