using System.Security.Cryptography;
using System.Text;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data;

/// <summary>What a network is trained on.</summary>
/// <param name="Name">Its name in the catalog.</param>
/// <param name="Train">Pictures to train on.</param>
/// <param name="Test">Pictures held out, if there are any.</param>
/// <param name="Sha256">
/// Of the shapes, pixels and labels, in lower-case hexadecimal, whatever the name. A run keeps it, to notice when its data has changed.
/// </param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet? Test, string Sha256)
{
    /// <summary>A data set with its hash.</summary>
    public static Dataset Of(string name, ImageSet train, ImageSet? test)
    {
        var parts = IdxParts.Of(train, test).ToDictionary(part => part.Key, part => part.Value.ComputeSha256());
        return new Dataset(name, train, test, HashOf(parts));
    }

    /// <summary>
    /// The hash of a data set is the hash of a list of the SHA-256 of its parts as IDX files, as <c>sha256sum</c> prints it for
    /// them: <c>{hash}  {part}\n</c>, in the order of <see cref="IdxPart"/>.
    /// </summary>
    internal static string HashOf(IReadOnlyDictionary<IdxPart, string> parts)
    {
        var list = new StringBuilder();
        foreach (var (part, hash) in parts.OrderBy(part => part.Key)) list.Append(hash).Append("  ").Append(part.FileName()).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString())));
    }
}
