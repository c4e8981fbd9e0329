using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Samples;
using GanFunctions.Functions.ShortWork;
using RunPictures = GanFunctions.Functions.Samples.Pictures;

namespace GanFunctions.Functions.Projections;

/// <summary>
/// <c>POST /api/runs/{run}/project</c>: finds the noise from which the generator draws the picture nearest to an uploaded one. The picture is decoded at once;
/// the search is done by <see cref="DoShortWork"/>. The stored projection is the claim, and its id depends on the question alone: repeating a
/// request asks the same again.
/// </summary>
public sealed class ProjectPicture(
    RunStore runs, CheckpointStore checkpoints, CheckpointCache candidates, GeneratorCache generators, QualityReferenceStore references,
    ConversionStore conversions, DatasetOptions limits, ProjectionStore projections, ShortJobs queue, PictureLanes lanes,
    RunPictures pictures, TimeProvider time)
{
    internal static readonly Parameter<string?> Label = PictureParameters.Label with
    {
        Description = "The class to draw, if the run is conditional: its name, in any case, or its label. A value that is both a name and a label is read as "
            + "the name. By default, all classes are searched.",
    };
    internal static readonly Parameter<long?> Seed = PictureParameters.Seed with
    {
        Description = "Seed of the pictures that the search begins with. By default, the run's own seed.",
    };
    internal static readonly Parameter<int> Steps = Parameter.WholeNumber(
        "steps", "Number of steps along the gradient. More steps come nearer and take longer.", 1, 500, otherwise: 200);

    [Function(nameof(ProjectPicture))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/project")] HttpRequest request, string run, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var choice = new GeneratorChoice(query.Read(CheckpointChoice.InQuery), query.Read(Label), Raw: false, Truncation: 1);
        var (seed, steps) = (query.Read(Seed), query.Read(Steps));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (choice.Label is not null && !row.Options.Conditional) return RunPictures.NoLabels(row);
        if ((choice.Checkpoint.ProblemWith(row) ?? await pictures.DroppedAsync(row, choice, cancellation)) is { } problem) return problem;
        if (request.ContentLength > limits.MaxPictureBytes) return TooLarge(limits);
        var (chosen, missing) = await FindGeneratorAsync(row, choice, cancellation);
        if (chosen is not (var manifest, var shape, var label)) return missing!;
        if (await lanes.Uploads.EnterAsync(request.HttpContext, cancellation) is null) return Problems.Busy();
        var (target, unreadable) = await DecodeAsync(request, row, shape, cancellation);
        if (target is null) return unreadable!;

        var reference = await references.FindAsync(manifest.Dataset, cancellation);
        var question = ProjectionQuestion.Of(manifest, reference, shape, target, label, seed ?? row.Options.Seed, steps);
        var stored = await projections.AddAsync(run, new Projection(question.ToId(), question, time.GetUtcNow()), cancellation);
        if (await runs.FindAsync(run, CancellationToken.None) is not { Phase: not Phase.Deleting }) // the deletion may have missed the new projection
        {
            await projections.DeleteAsync(run, stored.Id, CancellationToken.None);
            return Problems.NoRun(run);
        }
        if (stored.IsOpen) await queue.AddAsync(new ShortJob(Project: new(run, stored.Id)));
        await projections.CollectAsync(run, CancellationToken.None);
        return Results.Json(ProjectionView.Of(row, stored), Json.Options, statusCode: stored.IsOpen ? 202 : 200)
            .WithLocation(ProjectionLinks.Of(run, stored.Id).Self);
    }

    private async Task<((Manifest Manifest, PictureShape Shape, byte? Label)? Chosen, IResult? Wrong)> FindGeneratorAsync(
        RunRow row, GeneratorChoice choice, CancellationToken cancellation)
    {
        await foreach (var manifest in candidates.CandidatesAsync(row, choice.Checkpoint, cancellation))
        {
            try
            {
                using var rented = await generators.RentAsync(
                    manifest.Generator.Sha256, averaged: true,
                    () => checkpoints.ReadAsync(row.RowKey, manifest.Generator, CancellationToken.None), cancellation);
                var label = choice.LabelIn(rented.Generator);
                if (choice.Label is { } named && label is null) return (null, RunPictures.NoSuchLabel(named, rented.Generator));
                return ((manifest, rented.Generator.Shape, label), null);
            }
            catch (InvalidDataException damage)
            {
                checkpoints.LogDamaged(row.RowKey, manifest.Name, damage.Message);
            }
        }
        return (null, choice.Checkpoint.NotFound(row));
    }

    /// <summary>Decodes the body, and converts it to the shape like the pictures of the run's data set.</summary>
    private async Task<(byte[]? Pixels, IResult? Wrong)> DecodeAsync(HttpRequest request, RunRow row, PictureShape shape, CancellationToken cancellation)
    {
        try
        {
            using var body = await BoundedRead.AllAsync(request.Body, limits.MaxPictureBytes, cancellation: cancellation);
            if (body is null) return (null, TooLarge(limits));
            var made = (await conversions.FindAsync(row.Options.Dataset, cancellation))?.Choice;
            var target = new PictureTarget(shape, made?.Fit ?? PictureFit.Crop, Rgb.Parse(made?.Background ?? "") ?? Rgb.Black);
            return (await Task.Run(() => PictureDecoder.Decode(body.ToArray(), target, limits.MaxPixels), cancellation), null);
        }
        catch (PictureException unreadable)
        {
            return (null, Problems.Invalid("body", DatasetProblems.WithSettings($"The picture cannot be read: {unreadable.Message}.")));
        }
        catch (BadHttpRequestException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge(limits));
        }
    }

    private static IResult TooLarge(DatasetOptions limits) =>
        Problems.TooLarge(DatasetProblems.WithSettings(TooLargeDetail(limits.MaxPictureBytes)));

    /// <summary>The detail of a 413.</summary>
    internal static string TooLargeDetail(long most) => $"A picture can have up to {most} bytes (limit {nameof(DatasetOptions.MaxPictureBytes)}).";
}
