using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// The one key, which opens every function. On loopback alone there is none, as with <c>func start</c>; anywhere else there must be.
/// </summary>
internal sealed class FunctionKey
{
    public const string Setting = "EmbeddedHost:Key";
    private readonly byte[]? _key;

    /// <exception cref="InvalidOperationException">The host is to listen beyond loopback and has no key.</exception>
    public FunctionKey(string? key, ListenAddresses addresses)
    {
        if (string.IsNullOrEmpty(key) && addresses.Beyond is { } address)
        {
            throw new InvalidOperationException(
                $"{address} can be reached from other machines, so the functions need a key: set {Setting} (as an environment variable "
                + $"{Setting.Replace(":", "__", StringComparison.Ordinal)}), or listen on {ListenAddresses.Default} only.");
        }

        _key = addresses.Beyond is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(key!));
    }

    public bool IsNeeded => _key is not null;

    public bool Opens(HttpRequest request)
    {
        if (_key is null) return true;

        string? shown = request.Headers["x-functions-key"];
        shown ??= request.Query["code"];
        // Hashes are of one length, so that comparing takes the same time whatever is shown.
        return shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _key);
    }
}
