using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// <c>PUT /api/datasets/{name}</c>: accepts an archive of pictures, IDX, CSV or Parquet files, or a form with files. The upload is stored as received and
/// converted by <see cref="ShortWork.DoShortWork"/>; errors in the request itself are reported at once.
/// </summary>
public sealed class PutDataset(
    DatasetCatalog catalog, DatasetOptions options, RunStore runs, UploadStaging staging, ConversionStarter starter)
{
    internal static readonly Parameter<int?> Size = Parameter.Choice(
        "size", "Width and height that pictures are scaled to. Without it, the largest size that half of the pictures have. IDX files keep their own size.",
        PictureShape.Sides);
    internal static readonly Parameter<int?> Channels = Parameter.Choice(
        "channels", "1 for greyscale, 3 for colour. Without it, colour if the pictures have colour. IDX files keep their own channels.",
        PictureShape.ChannelCounts);
    internal static readonly Parameter<string?> Fit = Parameter.Choice(
        "fit", "How pictures that are not square become square: `crop` cuts the centre out, `pad` adds background, `stretch` scales both sides.",
        [.. Enum.GetValues<PictureFit>().Select(fit => Problems.Name(fit))], Problems.Name(PictureFit.Crop));
    internal static readonly Parameter<Rgb?> Background = new(
        "background", "The colour behind transparent pixels and around padded pictures: `black`, `white` or six hexadecimal digits. Without it, black or "
            + "white, whichever makes transparent pictures more visible.",
        new() { ["type"] = "string", ["pattern"] = "^(black|white|[0-9a-fA-F]{6})$" }, "black, white or six hexadecimal digits",
        text => Rgb.Parse(text) is { } colour ? (true, colour) : default, null);
    internal static readonly Parameter<bool> Transpose = Parameter.Flag(
        "transpose", "Swaps the rows and columns of IDX files, as EMNIST needs it.", otherwise: false);

    [Function(nameof(PutDataset))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}")] HttpRequest request, string name, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var fit = query.Read(Fit) is { } named ? Enum.Parse<PictureFit>(named, ignoreCase: true) : PictureFit.Crop;
        var conversion = new ConversionRequest(
            query.Read(Size), query.Read(Channels), fit, query.Read(Background)?.ToString(), query.Read(Transpose));
        if (query.Error() is { } wrong) return wrong;
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
            return Accepted(await catalog.GetAsync(name, cancellation), await starter.StartAsync(name, upload, conversion));
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

    private static IResult TooLarge(string detail) => Results.Problem(detail, statusCode: 413, title: "The upload is too large.");
}
