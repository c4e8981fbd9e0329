using System.Globalization;
using System.Text.Json;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
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
/// <param name="Run">Which run drew it.</param>
/// <param name="Checkpoint">From which checkpoint.</param>
/// <param name="Seed">From which noise.</param>
/// <param name="Index">The picture's number.</param>
/// <param name="TypicalDistance">How far real pictures are from the nearest other one that was trained on: the median.</param>
/// <param name="Neighbours">The nearest first.</param>
public sealed record NeighbourList(string Run, string Checkpoint, long Seed, int Index, double TypicalDistance, IReadOnlyList<Neighbour> Neighbours);

/// <summary>
/// <c>GET /api/runs/{run}/neighbours</c>: the training pictures that are nearest to one the run has drawn. A generator that has learnt
/// pictures by heart gives itself away here.
/// </summary>
public sealed class GetNeighbours(RunStore runs, DatasetCatalog datasets, NeighbourSearch search, Pictures pictures)
{
    internal static readonly Parameter<int> Count = Parameter.WholeNumber("count", "Number of neighbours.", 1, 64, otherwise: 8);
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(16);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Json, Format.Png);
    private static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(30);

    [Function(nameof(GetNeighbours))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/neighbours")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (givenSeed, index) = (query.Read(PictureParameters.Seed), query.Read(PictureParameters.Index));
        var (count, scale) = (query.Read(Count), query.Read(Scale));
        var (choice, format) = (GeneratorChoice.Read(query), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

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
        catch (TimeoutException)
        {
            return NotYet(row);
        }
        if (space is null) return TooSmall(row);
        var asked = string.Create(CultureInfo.InvariantCulture, $"neighbours/{data.Sha256}/{space.ReferenceSha256}/{seed}/{index}/{count}/{scale}");
        return await pictures.AnswerAsync(row, choice, request, asked, format, (generator, manifest) =>
        {
            if (manifest.Dataset != data.Sha256) return (null, Changed(row, manifest));
            var drawn = Sampler.DrawEach(generator, 1, _ => Sampler.Latent(seed, index), _ => Sampler.LabelOf(generator, index, choice.Label));
            var found = space.Nearest(drawn, count);
            return (format == Format.Png
                ? PictureGrid.Png([.. drawn, .. found.SelectMany(neighbour => data.Train.Picture(neighbour.Index).ToArray())], generator.Shape, count + 1, scale)
                : JsonSerializer.SerializeToUtf8Bytes(new NeighbourList(run, manifest.Name, seed, index, space.TypicalDistance, found), Json.Options), null);
        }, cancellation);
    }

    private static IResult NotYet(RunRow row) => Results.Problem(
        $"The pictures of '{row.Options.Dataset}' are being looked at, which takes up to a minute, once. Ask again.", statusCode: 503, title: "Not ready yet.")
        .WithHeader(HeaderNames.RetryAfter, "15");

    private static IResult TooSmall(RunRow row) => Problems.Conflict("The data set is too small.",
        $"The pictures of '{row.Options.Dataset}' are too few for features to be told of them: it takes 250.", $"/api/runs/{row.RowKey}");

    private static IResult Changed(RunRow row, Manifest manifest) => Problems.Conflict("The data set has changed.",
        $"Run '{row.RowKey}' was trained on '{row.Options.Dataset}' with the hash {manifest.Dataset}, which has been replaced since.", $"/api/runs/{row.RowKey}");
}
