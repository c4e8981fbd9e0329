using System.Globalization;
using System.Text.Json;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary>A generated picture, and the training pictures nearest to it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Checkpoint">The checkpoint that generated the picture.</param>
/// <param name="Seed">Seed of the noise.</param>
/// <param name="Index">Index of the picture of that seed, from 0.</param>
/// <param name="TypicalDistance">Median distance between a real picture and its nearest training picture.</param>
/// <param name="Neighbours">The neighbours, nearest first.</param>
public sealed record NeighbourList(string Run, string Checkpoint, long Seed, int Index, double TypicalDistance, IReadOnlyList<Neighbour> Neighbours);

/// <summary>
/// <c>GET /api/runs/{run}/neighbours</c>: the training pictures nearest to a generated one, as a memorisation check.
/// </summary>
public sealed class GetNeighbours(RunStore runs, DatasetCatalog datasets, NeighbourSearch search, Pictures pictures)
{
    internal static readonly Parameter<int> Count = Parameter.WholeNumber("count", "Number of neighbours.", 1, 64, otherwise: 8);
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(16);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Json, Format.Png);
    private static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(4);

    [Function(nameof(GetNeighbours))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/neighbours")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (givenSeed, index) = (query.Read(PictureParameters.Seed), query.Read(PictureParameters.Index));
        var (count, scale) = (query.Read(Count), query.Read(Scale));
        var (choice, format) = (GeneratorChoice.Read(query), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (await pictures.DroppedAsync(row, choice, cancellation) is { } dropped) return dropped; // before anything is computed for it

        var seed = givenSeed ?? row.Options.Seed;
        Dataset data;
        FeatureSpace? space;
        try
        {
            data = await datasets.LoadAsync(row.Options.Dataset, cancellation);
            space = await search.PrepareAsync(data, PrepareTimeout, cancellation);
        }
        catch (Exception gone) when (gone is UnknownDatasetException or DatasetUnavailableException)
        {
            return DatasetProblems.Gone(run, gone);
        }
        catch (DatasetMemoryException busy)
        {
            return DatasetProblems.NoMemory(busy);
        }
        catch (TimeoutException)
        {
            return NotYet(row);
        }
        if (space is null) return TooSmall(row);
        var inputs = string.Create(CultureInfo.InvariantCulture, $"neighbours/{data.Sha256}/{space.ReferenceSha256}/{seed}/{index}/{count}/{scale}");
        return await pictures.RespondAsync(row, choice, request, inputs, format, Plan, (generator, manifest, cancelled) =>
        {
            var drawn = Sampler.DrawEach(
                generator, 1, _ => Sampler.Latent(seed, index), _ => Sampler.LabelOf(generator, index, choice.LabelIn(generator)), choice.Truncation, cancelled);
            var found = space.Nearest(data.Train, drawn, count);
            var named = Named(found, generator.IsConditional ? generator.Classes : data.Labels);
            return format == Format.Png
                ? PictureGrid.Png(
                    [.. drawn, .. found.SelectMany(neighbour => data.Train.Picture(neighbour.Index).ToArray())], generator.Shape, count + 1, scale, cancelled)
                : JsonSerializer.SerializeToUtf8Bytes(new NeighbourList(run, manifest.Name, seed, index, space.TypicalDistance, named), Json.Options);
        }, cancellation);

        (PictureWork, IResult?) Plan(Generator generator, Manifest manifest) => (WorkAt(generator, scale), manifest.Dataset != data.Sha256
            ? Changed(row, manifest)
            : PictureWork.Problem(scale, $"{count + 1} pictures of {generator.Shape} in a row", smaller => WorkAt(generator, smaller), Count.Name));

        PictureWork WorkAt(Generator generator, int scale) => format == Format.Png
            ? PictureWork.Grid(generator.Shape, drawn: 1, count + 1, scale, format, cells: count + 1)
            : new(generator.Shape, 1, format, 1, 1);
    }

    private static List<Neighbour> Named(IReadOnlyList<Neighbour> found, ClassLabels classes) =>
        [.. found.Select(each => each.Label is { } label ? each with { Name = classes.NameOf(label) } : each)];

    private static IResult NotYet(RunRow row) => Results.Problem(
        $"The features of '{row.Options.Dataset}' are being computed; this takes seconds to minutes and is done once. Try again later.",
        statusCode: 503, title: "Not ready yet.")
        .WithHeader(HeaderNames.RetryAfter, "1");

    private static IResult TooSmall(RunRow row) => Problems.Conflict("The data set is too small.",
        $"'{row.Options.Dataset}' has too few pictures to compute features from: it needs 250, or 50 each for training and testing.",
        $"/api/runs/{row.RowKey}");

    private static IResult Changed(RunRow row, Manifest manifest) => Problems.Conflict("The data set has changed.",
        $"Run '{row.RowKey}' was trained on '{row.Options.Dataset}' with hash {manifest.Dataset}; that data set has been replaced since.",
        $"/api/runs/{row.RowKey}");
}
