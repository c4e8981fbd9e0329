using GanFunctions.Core.Archives;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Archives;

/// <summary>
/// <c>PUT /api/runs/{run}/import</c>: creates a run from an exported one. The archive is the body, or consists of the blocks that <see cref="PutArchiveBlock"/>
/// stored. It is stored, verified completely, and then imported.
/// </summary>
public sealed class ImportRun(RunImport import, ArchiveStaging staging, ArchiveOptions options, CostSettings costs)
{
    [Function(nameof(ImportRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/runs/{run}/import")] HttpRequest request, string run, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (upload, blocks) = (query.Read(PutDataset.Upload), query.Read(PutDataset.Blocks));
        CheckId(query, run);
        if (query.Error() is { } wrong) return wrong;
        if (upload is null != blocks is null) return Problems.Invalid("blocks", "upload and blocks must be given together.");
        try
        {
            // These are checked first, so that a client that waits for "100 Continue" does not send a body that is refused.
            if (request.ContentLength > options.MaxBytes) throw new UploadTooLargeException(options.MaxBytes);
            if (await import.FindTakenAsync(run, cancellation) is { } taken) return Taken(taken);
            var archive = upload is null
                ? await staging.StageAsync(request.Body, cancellation)
                : await staging.CompleteAsync(run, upload, blocks!.Value, cancellation);
            return await ImportAsync(run, archive, cancellation);
        }
        catch (UploadTooLargeException)
        {
            return Problems.TooLarge(TooLargeDetail(options.MaxBytes));
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problems.TooLarge($"{refused.Message} The setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is the limit in bytes.");
        }
        catch (ArchiveRefusedException refused)
        {
            return Problems.Invalid("body", RefusedDetail(refused.Message));
        }
        catch (Exception cut) when (cut is InvalidDataException or IOException)
        {
            return Problems.Invalid("body", $"The upload cannot be read: {cut.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>The detail of the 400 for an archive that cannot be imported.</summary>
    internal static string RefusedDetail(string problem) => $"The archive cannot be imported: {problem.TrimEnd('.')}.";

    /// <summary>The detail of the 413.</summary>
    internal static string TooLargeDetail(long maxBytes) => $"The archive has more than {maxBytes} bytes (setting Archives:MaxBytes).";

    /// <summary>The detail of the 409.</summary>
    internal static string TakenDetail(string run) => $"There is a run '{run}' already; choose another id.";

    /// <summary>Adds a problem if an id is not valid.</summary>
    internal static void CheckId(QueryReader query, string run)
    {
        if (!ResourceId.IsValid(run)) query.Refuse(Parameter.Run, $"run: '{run}' is not valid; it must be {Parameter.Run.Valid}.");
    }

    private async Task<IResult> ImportAsync(string run, string archive, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await staging.OpenAsync(archive, cancellation);
            return await import.ImportAsync(run, stream, cancellation) is { } row
                ? Results.Json(RunView.Of(row, costs), Json.Options, statusCode: 201).WithLocation($"/api/runs/{run}")
                : Problems.Conflict(TakenTitle, TakenDetail(run), $"/api/runs/{run}");
        }
        finally
        {
            await staging.RemoveAsync(archive);
        }
    }

    private static IResult Taken(RunRow row) => Problems.Conflict(TakenTitle, RunImport.IsUnfinished(row)
        ? $"Run '{row.RowKey}' is being imported. If that was interrupted, try again after five minutes, or delete the run first."
        : TakenDetail(row.RowKey), $"/api/runs/{row.RowKey}");

    /// <summary>The title of the 409.</summary>
    internal const string TakenTitle = "The id is taken.";
}

/// <summary><c>PUT /api/runs/{run}/uploads/{upload}/{block}</c>: stores a block of an archive that is too large for one request.</summary>
public sealed class PutArchiveBlock(ArchiveStaging staging)
{
    [Function(nameof(PutArchiveBlock))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/runs/{run}/uploads/{upload}/{block}")] HttpRequest request, string run,
        string upload, string block, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var index = query.Read(PutBlock.Block, block);
        ImportRun.CheckId(query, run);
        if (!ResourceId.IsValid(upload)) query.Refuse(PutBlock.Upload, $"upload: '{upload}' is not valid; it must be {PutBlock.Upload.Valid}.");
        if (query.Error() is { } wrong) return wrong;
        try
        {
            if (request.ContentLength > ArchiveOptions.MaxBlockBytes) throw new UploadTooLargeException(ArchiveOptions.MaxBlockBytes);
            await staging.StageBlockAsync(run, upload, index, request.Body, cancellation);
            return Results.NoContent();
        }
        catch (InvalidDataException empty)
        {
            return Problems.Invalid("body", $"The upload cannot be read: {empty.Message}.");
        }
        catch (UploadTooLargeException)
        {
            return Problems.TooLarge(TooLargeDetail);
        }
    }

    /// <summary>The detail of the 413.</summary>
    internal static string TooLargeDetail { get; } = $"The block has more than {ArchiveOptions.MaxBlockBytes} bytes.";
}
