using System.IO.Compression;
using System.IO.Pipelines;
using System.Net.Mime;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// The body of an upload. The media type matters only if it is that of a form, because clients often send none or a wrong one; otherwise the format
/// is detected from the content (<see cref="UploadPacking"/>).
/// </summary>
internal static class UploadBody
{
    /// <summary>A function that writes the body to a stream as a zip archive.</summary>
    /// <exception cref="InvalidDataException">(when writing) The body is empty, of an unsupported format or truncated.</exception>
    public static Func<Stream, CancellationToken, Task> Of(HttpRequest request) => TypeOf(request) == MediaTypeNames.Multipart.FormData
        ? (stream, cancellation) => PackFormAsync(request, stream, cancellation)
        : (stream, cancellation) => UploadPacking.PackAsync(request.BodyReader, stream, cancellation);

    /// <summary>Whether the body is a JSON object. Nothing is consumed.</summary>
    public static async Task<bool> IsJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (TypeOf(request) == MediaTypeNames.Multipart.FormData) return false;
        var start = await UploadPacking.PeekAsync(request.BodyReader, cancellation);
        var first = start.AsSpan().TrimStart([(byte)0xef, (byte)0xbb, (byte)0xbf, (byte)' ', (byte)'\t', (byte)'\r', (byte)'\n']);
        return first is [(byte)'{', ..];
    }

    private static string? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    private static async Task PackFormAsync(HttpRequest request, Stream stream, CancellationToken cancellation)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary)) throw new InvalidDataException("its Content-Type names no boundary");
        var reader = new MultipartReader(boundary, request.Body);
        ZipArchive? zip = null;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } header || !header.IsFileDisposition()) continue;
                var (name, body) = (NameOf(header), PipeReader.Create(section.Body));
                if (name.Length == 0) continue; // browsers send such a part if no file was chosen
                if (zip is null && await UploadPacking.IsArchiveAsync(name, body, cancellation))
                {
                    await UploadPacking.PackAsync(body, stream, cancellation);
                    if (await reader.ReadNextSectionAsync(cancellation) is not null)
                        throw new InvalidDataException($"the form has other parts after the archive {name}; an archive must be the only part");
                    return;
                }
                zip ??= await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
                await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellation);
                await body.CopyToAsync(entry, cancellation);
            }
            if (zip is null) throw new InvalidDataException("the form has no file");
        }
        finally
        {
            if (zip is not null) await zip.DisposeAsync();
        }
    }

    // curl -F images=@train-images-idx3-ubyte.gz: the field's name counts only if it identifies the part and the file's name does not.
    private static string NameOf(ContentDispositionHeaderValue header)
    {
        var (file, field) = (Text(StringSegment.IsNullOrEmpty(header.FileNameStar) ? header.FileName : header.FileNameStar), Text(header.Name));
        return IdxParts.FromFileName(file) is null && IdxParts.FromFileName(field) is not null ? field : file;
    }

    private static string Text(StringSegment value) => HeaderUtilities.RemoveQuotes(value).Value ?? "";
}
