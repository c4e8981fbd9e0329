using System.IO.Hashing;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Tests.Data;

/// <summary>Files as an archive contains them.</summary>
internal static class ArchiveFiles
{
    public static ArchiveFile Of(string path, byte[] content) =>
        new(path, content.Length, _ => new(new MemoryStream(content)), Crc32.HashToUInt32(content));
}
