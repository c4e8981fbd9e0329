using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// The function key, which is valid for all functions. A host that listens only on loopback addresses requires no key,
/// as with <c>func start</c>; any other host must have one.
/// </summary>
internal sealed class FunctionKey
{
    public const string Setting = "EmbeddedHost:Key";
    private readonly byte[]? _key;

    /// <param name="key">The configured key, if any.</param>
    /// <param name="addresses">The addresses that the host listens on.</param>
    /// <exception cref="InvalidOperationException">
    /// The host listens on an address other than loopback, and no key is configured.
    /// </exception>
    public FunctionKey(string? key, ListenAddresses addresses)
    {
        if (string.IsNullOrEmpty(key) && addresses.NonLoopback is { } address)
        {
            throw new InvalidOperationException(
                $"Other machines can reach {address}, so the functions need a key: set {Setting} (environment variable "
                + $"{Setting.Replace(":", "__", StringComparison.Ordinal)}), or listen on {ListenAddresses.Default} only.");
        }

        _key = addresses.NonLoopback is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(key!));
    }

    /// <summary>Whether functions require the key.</summary>
    public bool IsRequired => _key is not null;

    /// <summary>Whether a request has the key, or none is required.</summary>
    public bool Accepts(HttpRequest request)
    {
        if (_key is null) return true;

        string? given = request.Headers["x-functions-key"];
        given ??= request.Query["code"];
        // Hashes have the same length, so the comparison takes constant time.
        return given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), _key);
    }
}
