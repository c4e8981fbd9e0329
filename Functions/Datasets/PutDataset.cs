using System.Net.Mime;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GanFunctions.Functions.Datasets;

/// <summary><c>PUT /api/datasets/{name}</c>: takes IDX files, as a zip or as the files of a form.</summary>
public sealed class PutDataset(DatasetCatalog catalog, DatasetOptions options, RunStore runs)
{
    [Function(nameof(PutDataset))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (await catalog.GetAsync(name, cancellation) is { Stored: true } && await DatasetUse.RefuseAsync(runs, name, cancellation) is { } inUse) return inUse;
        try
        {
            if (request.HasFormContentType)
            {
                var form = await request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = 4 * options.MaxFileBytes }, cancellation);
                var files = form.Files.Select(file => new IdxUpload.File(NameOf(file), file.OpenReadStream));
                return Stored(name, await catalog.SaveIdxAsync(name, IdxUpload.FromFiles(files), cancellation));
            }
            if (request.ContentType is MediaTypeNames.Application.Zip or MediaTypeNames.Application.Octet or "application/x-zip-compressed")
            {
                var upload = await IdxUpload.FromZipAsync(request.Body, options.MaxFileBytes, cancellation);
                return Stored(name, await catalog.SaveIdxAsync(name, upload, cancellation));
            }
        }
        catch (IdxFormatException damage)
        {
            return Problems.Invalid("body", damage.Message);
        }
        catch (Exception cut) when (cut is InvalidDataException or IOException)
        {
            return Problems.Invalid("body", $"The upload cannot be read: {cut.Message}");
        }
        catch (DatasetNameException reserved)
        {
            return Problems.Invalid("name", reserved.Message);
        }
        return Results.Problem(
            $"Content-Type '{request.ContentType}' is not taken; valid are application/zip with IDX files in it, and multipart/form-data with one IDX file a part.",
            statusCode: 415, title: "The body is of a kind not taken.");
    }

    // curl -F images=@train-images-idx3-ubyte.gz: the file's own name says more than the field's, where it has one of the usual names.
    private static string NameOf(IFormFile file) => IdxParts.FromFileName(file.FileName) is null ? file.Name : file.FileName;

    private static IResult Stored(string name, DatasetInfo info) =>
        Results.Json(info, OptionsReader.Json, statusCode: 201).WithLocation($"/api/datasets/{name}");
}
