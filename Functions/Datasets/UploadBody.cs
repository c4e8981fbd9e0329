using System.IO.Compression;
using System.Net.Mime;
using GanFunctions.Core.Data;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary>The body of an upload, converted to a zip archive while it is read.</summary>
internal static class UploadBody
{
    /// <summary>Whether the media type of the body is supported.</summary>
    public static bool IsSupported(HttpRequest request) => IsZip(request) || TypeOf(request) == MediaTypeNames.Multipart.FormData;

    /// <summary>A function that writes the body to a stream as a zip archive.</summary>
    /// <exception cref="InvalidDataException">(when writing) The body does not begin like a zip archive, or is an incomplete form.</exception>
    /// <exception cref="IdxFormatException">(when writing) The name of a file does not identify its part.</exception>
    public static Func<Stream, CancellationToken, Task> Of(HttpRequest request) => IsZip(request)
        ? (stream, cancellation) => CopyZipAsync(request.Body, stream, cancellation)
        : (stream, cancellation) => PackFormAsync(request, stream, cancellation);

    private static bool IsZip(HttpRequest request) =>
        TypeOf(request) is MediaTypeNames.Application.Zip or MediaTypeNames.Application.Octet or "application/x-zip-compressed";

    private static string? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    private static async Task CopyZipAsync(Stream body, Stream stream, CancellationToken cancellation)
    {
        var start = new byte[4];
        var read = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation);
        switch (start)
        {
            case [(byte)'P', (byte)'K', 3, 4]: break;
            case [(byte)'P', (byte)'K', 5, 6]: throw new InvalidDataException("it is an empty zip archive");
            case var _ when read == 0: throw new InvalidDataException("it is empty");
            default: throw new InvalidDataException($"it begins with {Convert.ToHexStringLower(start.AsSpan(0, read))}; a zip archive begins with 504b0304");
        }
        await stream.WriteAsync(start, cancellation);
        await body.CopyToAsync(stream, cancellation);
    }

    private static async Task PackFormAsync(HttpRequest request, Stream stream, CancellationToken cancellation)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary)) throw new InvalidDataException("its Content-Type names no boundary");
        var reader = new MultipartReader(boundary, request.Body);
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            if (section.GetContentDispositionHeader() is not { } header || !header.IsFileDisposition()) continue;
            await using var entry = await zip.CreateEntry(NameOf(header), CompressionLevel.NoCompression).OpenAsync(cancellation);
            await section.Body.CopyToAsync(entry, cancellation);
        }
    }

    // curl -F images=@train-images-idx3-ubyte.gz: the name of the file is more specific than that of the field, if it is one of the usual names.
    private static string NameOf(ContentDispositionHeaderValue header)
    {
        var (file, field) = (Text(header.FileName), Text(header.Name));
        if (IdxParts.FromFileName(file) is not null) return file;
        return IdxParts.FromFileName(field) is not null ? field : throw new IdxFormatException(
            field, "its name does not identify it", $"{IdxUpload.ValidNames}; pictures are uploaded as a zip archive, not as a form");
    }

    private static string Text(Microsoft.Extensions.Primitives.StringSegment value) => HeaderUtilities.RemoveQuotes(value).Value ?? "";
}
