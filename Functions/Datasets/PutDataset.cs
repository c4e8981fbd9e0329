using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// <c>PUT /api/datasets/{name}</c>: accepts an archive of pictures, IDX, CSV or Parquet files, a form with files, the address of an archive, or the blocks
/// of one that <see cref="PutBlock"/> stored. The upload is stored as received and converted by <see cref="ShortWork.DoShortWork"/>; errors in the
/// request itself are reported at once.
/// </summary>
public sealed class PutDataset(
    DatasetCatalog catalog, DatasetOptions options, RunStore runs, UploadStaging staging, RawUpload raw, ConversionStore conversions,
    ConversionStarter starter)
{
    internal static readonly Parameter<int?> Size = Parameter.Choice(
        "size", "Width and height of the pictures. By default, the largest size that at least half of the uploaded ones have. IDX files keep their size.",
        PictureShape.Sides);
    internal static readonly Parameter<int?> Channels = Parameter.Choice(
        "channels", "1 for greyscale, 3 for colour, 4 for colour with transparency. By default, colour if the pictures have colour. IDX files keep "
            + "their channels.",
        PictureShape.ChannelCounts);
    internal static readonly Parameter<string?> Fit = Parameter.Choice(
        "fit", "How pictures that are not square become square: `crop` cuts out the centre, `pad` adds background, which is transparent with four channels, "
            + "`stretch` scales both sides independently.",
        [.. Enum.GetValues<PictureFit>().Select(fit => Problems.Name(fit))], Problems.Name(PictureFit.Crop));
    internal static readonly Parameter<Rgb?> Background = new(
        "background", "The colour behind transparent pixels and around padded pictures: `black`, `white` or six hexadecimal digits. By default, black or "
            + "white, whichever makes transparent pictures more visible. Not valid with four channels, which keep the transparency.",
        new() { ["type"] = "string", ["pattern"] = "^(black|white|[0-9a-fA-F]{6})$" }, "black, white or six hexadecimal digits",
        text => Rgb.Parse(text) is { } colour ? (true, colour) : default, null);
    internal static readonly Parameter<bool> Transpose = Parameter.Flag(
        "transpose", "Swaps the rows and columns of IDX files, which EMNIST requires.", otherwise: false);

    internal static readonly Parameter<string?> Upload = new(
        "upload", "The id of an upload whose blocks are all stored. The request then has no body.",
        new() { ["type"] = "string", ["pattern"] = $"^{ResourceId.Pattern}$" }, $"text that matches {ResourceId.Pattern}",
        text => ResourceId.IsValid(text) ? (true, text) : default, null);
    internal static readonly Parameter<int?> Blocks = Parameter.WholeNumber("blocks", "Number of blocks of `upload`.", 1, RawUpload.MaxBlocks);

    [Function(nameof(PutDataset))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}")] HttpRequest request, string name, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var fit = query.Read(Fit) is { } named ? Enum.Parse<PictureFit>(named, ignoreCase: true) : PictureFit.Crop;
        var conversion = new ConversionRequest(
            query.Read(Size), query.Read(Channels), fit, query.Read(Background)?.ToString(), query.Read(Transpose));
        if (conversion is { Channels: 4, Background: { } colour })
            query.Refuse(Background, $"background: '{colour}' is not valid with channels=4, which keeps pictures transparent; leave one of them out.");
        var (blocksOf, blocks) = (query.Read(Upload), query.Read(Blocks));
        if (query.Error() is { } wrong) return wrong;
        if (blocksOf is null != blocks is null) return Problems.Invalid("blocks", "upload and blocks must be given together.");
        try
        {
            // The name and the headers are checked first, so that a client that waits for "100 Continue" does not send a body that is refused.
            DatasetCatalog.CheckWritable(name);
            if (request.ContentLength > options.MaxUploadBytes) throw new UploadTooLargeException(options.MaxUploadBytes);
            if (await catalog.GetAsync(name, cancellation) is { Stored: true }
                && await DatasetUse.RefuseAsync(runs, name, cancellation) is { } inUse)
            {
                return inUse;
            }
            if (blocksOf is not null) return await CompleteAsync(name, blocksOf, blocks!.Value, conversion, cancellation);
            var (source, unreadable) = await SourceOfAsync(request, cancellation);
            if (unreadable is not null) return unreadable;
            var upload = source is not null ? Guid.NewGuid().ToString("n") : await staging.StageAsync(name, UploadBody.Of(request), cancellation);
            return await StartAsync(name, upload, conversion with { Source = source }, cancellation);
        }
        catch (UploadTooLargeException large)
        {
            return Problems.TooLarge(DatasetProblems.WithSettings(large.Message));
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problems.TooLarge($"{refused.Message} The setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is the limit in bytes.");
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

    private async Task<IResult> CompleteAsync(
        string name, string blocksOf, int blocks, ConversionRequest conversion, CancellationToken cancellation)
    {
        var upload = PutBlock.FolderOf(blocksOf);
        if (await conversions.FindAsync(name, cancellation) is { IsOpen: true } open && open.Upload == upload)
        {
            return Problems.Invalid(Upload.Name, $"upload: '{blocksOf}' is complete and is being converted; use another id for another upload.");
        }
        await raw.CompleteAsync(name, upload, blocks, cancellation);
        return await StartAsync(name, upload, conversion, cancellation);
    }

    private async Task<IResult> StartAsync(string name, string upload, ConversionRequest conversion, CancellationToken cancellation) =>
        Accepted(await catalog.GetAsync(name, cancellation), await starter.StartAsync(name, upload, conversion));

    /// <summary>The address in a JSON body; null if the body is the upload itself.</summary>
    private async Task<(Uri? Source, IResult? Wrong)> SourceOfAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!await UploadBody.IsJsonAsync(request, cancellation)) return default;
        const string example = """{"source": "https://example.com/pets.zip"}""";
        var (body, wrong) = await JsonBody.ReadAsync(request, example, cancellation);
        if (wrong is not null) return (null, wrong);
        if (body.FirstOrDefault(field => field.Key != "source").Key is { } unknown)
            return (null, Problems.Invalid(unknown, $"{unknown} is not a field here; valid is source, as in {example}."));
        var text = body["source"]?.ToString();
        var isValid = Uri.TryCreate(text, UriKind.Absolute, out var source) && source.UserInfo.Length == 0
            && (source.Scheme == Uri.UriSchemeHttps || (options.AllowPrivateSources && source.Scheme == Uri.UriSchemeHttp));
        return isValid
            ? (source, null)
            : (null, Problems.Invalid("source", $"source: '{text}' is not valid; it must be an https address without a user name."));
    }

    private static IResult Accepted(DatasetInfo? info, Conversion staged) =>
        Results.Json(DatasetView.Of(info, staged), Json.Options, statusCode: 202).WithLocation($"/api/datasets/{staged.Name}");
}

/// <summary><c>PUT /api/datasets/{name}/uploads/{upload}/{block}</c>: stores a block of an upload that is too large for one request.</summary>
public sealed class PutBlock(DatasetOptions options, RawUpload raw)
{
    internal static readonly Parameter<string> Upload = Parameter.Id("upload", "An id for the upload, chosen by the client.", "pets-1");
    internal static readonly Parameter<int> Block =
        Parameter.WholeNumber("block", "Position of the block, from 0.", 0, RawUpload.MaxBlocks - 1, 0) with { IsInPath = true };

    /// <summary>The folder of an upload in blocks. No other upload has such a name.</summary>
    internal static string FolderOf(string upload) => $"blocks-{upload}";

    [Function(nameof(PutBlock))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}/uploads/{upload}/{block}")] HttpRequest request, string name,
        string upload, string block, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var index = query.Read(Block, block);
        if (!ResourceId.IsValid(upload)) query.Refuse(Upload, $"upload: '{upload}' is not valid; it must be {Upload.Valid}.");
        if (query.Error() is { } wrong) return wrong;
        try
        {
            DatasetCatalog.CheckWritable(name);
            if (request.ContentLength > options.MaxBlockBytes) throw new UploadTooLargeException(options.MaxBlockBytes, nameof(options.MaxBlockBytes));
            await raw.StageBlockAsync(name, FolderOf(upload), index, request.Body, cancellation);
            return Results.NoContent();
        }
        catch (InvalidDataException empty)
        {
            return Problems.Invalid("body", $"The upload cannot be read: {empty.Message}.");
        }
        catch (UploadTooLargeException large)
        {
            return Problems.TooLarge(DatasetProblems.WithSettings(large.Message));
        }
        catch (DatasetNameException reserved)
        {
            return Problems.Invalid("name", reserved.Message);
        }
    }
}
