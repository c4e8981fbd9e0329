using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// <c>PUT /api/datasets/{name}</c>: accepts a zip archive of pictures or IDX files, or a form with IDX files. The upload is stored as received and
/// converted by <see cref="ShortWork.DoShortWork"/>; errors in the request itself are reported at once.
/// </summary>
public sealed class PutDataset(
    DatasetCatalog catalog, DatasetOptions options, RunStore runs, UploadStaging staging, ConversionStarter starter)
{
    internal static readonly Parameter<int?> Size = Parameter.Choice(
        "size", "Width and height that pictures are scaled to; 28 by default. IDX files keep their own size.", PictureShape.Sides);
    internal static readonly Parameter<int?> Channels = Parameter.Choice(
        "channels", "1 for greyscale, the default; 3 for colour. IDX files keep their own channels.", PictureShape.ChannelCounts);

    [Function(nameof(PutDataset))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}")] HttpRequest request, string name, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (size, channels) = (query.Read(Size), query.Read(Channels));
        if (query.Error() is { } wrong) return wrong;
        if (!UploadBody.IsSupported(request)) return NotSupported(request);
        try
        {
            DatasetCatalog.CheckWritable(name);
            if (request.ContentLength > options.MaxUploadBytes) throw new UploadTooLargeException(options.MaxUploadBytes);
            if (await catalog.GetAsync(name, cancellation) is { Stored: true }
                && await DatasetUse.RefuseAsync(runs, name, cancellation) is { } inUse)
            {
                return inUse;
            }
            var upload = await staging.StageAsync(name, UploadBody.Of(request), cancellation);
            return Accepted(await catalog.GetAsync(name, cancellation), await starter.StartAsync(name, upload, size, channels));
        }
        catch (UploadTooLargeException large)
        {
            return TooLarge(DatasetProblems.WithSettings(large.Message));
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge($"{refused.Message} The setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is the limit in bytes.");
        }
        catch (IdxFormatException damage)
        {
            return Problems.Invalid("body", damage.Message);
        }
        catch (Exception cut) when (cut is InvalidDataException or IOException)
        {
            return Problems.Invalid("body", $"The upload cannot be read: {cut.Message.TrimEnd('.')}.");
        }
        catch (DatasetNameException reserved)
        {
            return Problems.Invalid("name", reserved.Message);
        }
    }

    private static IResult Accepted(DatasetInfo? info, Conversion staged) =>
        Results.Json(DatasetView.Of(info, staged), Json.Options, statusCode: 202).WithLocation($"/api/datasets/{staged.Name}");

    private static IResult NotSupported(HttpRequest request) => Results.Problem(
        $"Content-Type '{request.ContentType}' is not supported; valid are application/zip with pictures or IDX files, "
        + "and multipart/form-data with one IDX file per part.",
        statusCode: 415, title: "The media type is not supported.");

    private static IResult TooLarge(string detail) => Results.Problem(detail, statusCode: 413, title: "The upload is too large.");
}
