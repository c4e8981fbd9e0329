using System.Buffers.Binary;
using System.IO.Compression;

namespace GanFunctions.Functions.Tests;

/// <summary>MNIST, from a folder beside the repository.</summary>
internal static class Mnist
{
    private const int All = 60_000;

    /// <summary>
    /// A zip archive of MNIST's four files with the first <paramref name="count"/> training pictures and a sixth as many held-out ones; skips
    /// the test if MNIST is missing.
    /// </summary>
    public static ByteArrayContent Zip(int count)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in Directory.GetFiles(SharedData.MnistOrSkip()))
            {
                using var entry = archive.CreateEntry(Path.GetFileName(file), CompressionLevel.NoCompression).Open();
                entry.Write(count == All
                    ? File.ReadAllBytes(file)
                    : Compressed(First(Unpacked(file), Path.GetFileName(file).StartsWith("t10k", StringComparison.Ordinal) ? count / 6 : count)));
            }
        }
        return new ByteArrayContent(zip.ToArray()) { Headers = { ContentType = new("application/zip") } };
    }

    // An IDX file: a magic number whose last byte counts the axes, the length of each, then the values. The first axis is that of the pictures.
    private static byte[] First(byte[] idx, int count)
    {
        var values = Enumerable.Range(1, idx[3] - 1).Aggregate(1, (product, axis) => product * BinaryPrimitives.ReadInt32BigEndian(idx.AsSpan(4 + 4 * axis)));
        var first = idx[..(4 + 4 * idx[3] + count * values)];
        BinaryPrimitives.WriteInt32BigEndian(first.AsSpan(4), count);
        return first;
    }

    private static byte[] Unpacked(string file)
    {
        using var content = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        content.CopyTo(memory);
        return memory.ToArray();
    }

    private static byte[] Compressed(byte[] content)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(content);
        return memory.ToArray();
    }
}
