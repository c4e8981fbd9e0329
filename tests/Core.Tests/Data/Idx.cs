using System.IO.Compression;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Data;

/// <summary>Creates IDX files for tests.</summary>
internal static class Idx
{
    public static byte[] Images(int count, byte seed = 0, int height = 28, int width = 28) =>
        File([count, height, width], [.. Enumerable.Range(seed, count * height * width).Select(i => (byte)(i * 31 >> 2))]);

    public static byte[] Labels(int count) => File([count], [.. Enumerable.Range(0, count).Select(i => (byte)(i % 10))]);

    /// <summary>The pictures of <see cref="Images"/> with the labels of <see cref="Labels"/>.</summary>
    public static ImageSet Set(int count) => new(Images(count)[16..], Labels(count)[8..], count, 28, 28);

    public static byte[] File(int[] shape, byte[] data) =>
        [
            0, 0, 8, (byte)shape.Length,
            .. shape.SelectMany(d => (byte[])[(byte)(d >> 24), (byte)(d >> 16), (byte)(d >> 8), (byte)d]),
            .. data,
        ];

    public static byte[] Gzip(byte[] file)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(file);
        return memory.ToArray();
    }

    public static MemoryStream Zip(params (string Name, byte[] Content)[] files)
    {
        var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }
        memory.Position = 0;
        return memory;
    }

    /// <summary>A zip of IDX files.</summary>
    public static MemoryStream Upload(byte[] images, byte[]? labels = null, byte[]? testImages = null, byte[]? testLabels = null) => Zip(
        [.. new[] { images, labels, testImages, testLabels }.Index().Where(file => file.Item is not null)
            .Select(file => (((IdxPart)file.Index).FileName(), file.Item!))]);
}
