using System.Text;

namespace GanFunctions.Functions.Notices;

/// <summary>The settings <c>Notices:...</c>.</summary>
/// <param name="Url">Where to send notices about all runs; null for nowhere.</param>
/// <param name="Secret">The key that notices are signed with; null to send them unsigned.</param>
/// <param name="AllowPrivateAddresses">Whether notices may be sent to addresses in private networks.</param>
/// <param name="EventGridEndpoint">The endpoint of an Event Grid topic to send notices about all runs to; null for none.</param>
/// <param name="EventGridKey">The topic's key; null to use an identity.</param>
public sealed record NoticeOptions(Uri? Url, byte[]? Secret, bool AllowPrivateAddresses, Uri? EventGridEndpoint, string? EventGridKey)
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "Notices";

    private const string Encoded = "whsec_"; // the prefix of a secret in Base64, as Standard Webhooks writes it

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">A value is not valid; the message names the setting and what is valid.</exception>
    public static NoticeOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return new(
            Address(section, nameof(Url)), SecretOf(section[nameof(Secret)]), section.GetValue(nameof(AllowPrivateAddresses), false),
            Address(section, nameof(EventGridEndpoint)), section[nameof(EventGridKey)] is { Length: > 0 } key ? key : null);
    }

    private static Uri? Address(IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } text) return null;
        return NoticeAddress.TryParse(text)
            ?? throw new InvalidOperationException($"{Section}:{name}: '{text}' is not valid; it must be {NoticeAddress.Valid}.");
    }

    private static byte[]? SecretOf(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (!text.StartsWith(Encoded, StringComparison.Ordinal)) return Encoding.UTF8.GetBytes(text);
        try
        {
            return Convert.FromBase64String(text[Encoded.Length..]);
        }
        catch (FormatException)
        {
            throw new InvalidOperationException($"{Section}:{nameof(Secret)} is not valid; after {Encoded} it must be Base64."); // without the value
        }
    }
}
