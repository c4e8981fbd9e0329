using System.Text;
using SharpCompress.Common;
using UtfUnknown;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Paths of files in a zip archive. APPNOTE.TXT 4.4.4 and D.1 provide for UTF-8 with a flag and otherwise code page 437, but many programs
/// write UTF-8 without the flag or the code page of their user. The code page is guessed from all names together.
/// </summary>
internal static class ArchivePaths
{
    private const char Undecoded = '\uE000'; // private use: marks a name whose bytes are kept as characters

    // The code page of consoles and zip programs in Western Europe. It has the letters of code page 437 in the same places, and each byte is
    // a character, so different names stay different.
    private static readonly Encoding Fallback = CodePage(850);

    /// <summary>Keeps the bytes of names without the UTF-8 flag until <see cref="Decode"/> has seen all of them.</summary>
    public static ArchiveEncoding Reading { get; } = new()
    {
        CustomDecoder = (bytes, start, count, type) => type == EncodingType.UTF8
            ? Encoding.UTF8.GetString(bytes, start, count)
            : Undecoded + Encoding.Latin1.GetString(bytes, start, count),
    };

    /// <summary>Decodes the names of an archive that was read with <see cref="Reading"/>.</summary>
    /// <returns>The names in the same order. Names with different bytes are different.</returns>
    public static List<string> Decode(IReadOnlyList<string> names)
    {
        var undecoded = names.Where(name => name.StartsWith(Undecoded)).Select(BytesOf).ToList();
        if (undecoded.TrueForAll(bytes => Ascii.IsValid(bytes))) return DecodeAs(Encoding.ASCII);
        if (Accepts(StrictUtf8)) return DecodeAs(StrictUtf8);
        var guess = CharsetDetector.DetectFromBytes([.. undecoded.SelectMany(bytes => bytes)]).Detected?.Encoding;
        if (guess is { IsSingleByte: false } && CodePage(guess.CodePage) is var likely && Accepts(likely) && AreDistinctIn(likely)) return DecodeAs(likely);
        return DecodeAs(Fallback);

        List<string> DecodeAs(Encoding encoding) =>
            [.. names.Select(name => name.StartsWith(Undecoded) ? encoding.GetString(BytesOf(name)) : name)];

        bool Accepts(Encoding encoding) => undecoded.TrueForAll(bytes => IsValid(bytes, encoding));

        bool AreDistinctIn(Encoding encoding) =>
            undecoded.Select(encoding.GetString).Distinct().Count() == undecoded.Select(Encoding.Latin1.GetString).Distinct().Count();
    }

    /// <summary>
    /// Turns a name into a relative path with slashes. Backslashes are separators, as Windows programs write them; a drive and leading slashes
    /// are removed.
    /// </summary>
    /// <returns>The path; null if it points outside the archive or is empty.</returns>
    public static string? Normalize(string name)
    {
        var path = name.Replace('\\', '/');
        if (path is [var drive, ':', '/', ..] && char.IsAsciiLetter(drive)) path = path[3..];
        string[] segments = [.. path.Split('/').Where(segment => segment is not ("" or "."))];
        return segments.Length == 0 || segments.Contains("..") || path.Contains('\0') ? null : string.Join('/', segments);
    }

    /// <summary>Whether a path belongs to the operating system or a tool, or is hidden.</summary>
    public static bool IsJunk(string path) => path.Split('/').Any(segment => segment.StartsWith('.') || IsAdded(segment.ToLowerInvariant()));

    // Folders and files that operating systems, file servers and tools add.
    private static bool IsAdded(string segment) => segment is "__macosx" or "@eadir" or "$recycle.bin" or "system volume information" or "lost+found"
        or "__pycache__" or "thumbs.db" or "ehthumbs.db" or "desktop.ini" or "icon\r";

    private static Encoding StrictUtf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static Encoding CodePage(int page) =>
        CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
        ?? Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    private static byte[] BytesOf(string undecoded) => Encoding.Latin1.GetBytes(undecoded[1..]);

    private static bool IsValid(byte[] bytes, Encoding encoding)
    {
        try
        {
            return encoding.GetCharCount(bytes) >= 0;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
