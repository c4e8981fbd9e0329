using GanFunctions.Core.Data;
using GanFunctions.Core.Projections;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Projections;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class ProjectionFeature
{
    private const string Path = "/api/runs/{run}/projections/{projection}";
    private const string Id = "0b6f3d1f4c2a49e8b5f0a7c1d2e3f405";

    private static readonly ProjectionView Queued = new(
        Id, "first", ProjectionState.Queued, "000-00002-000100", 2, 42, 200, new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), null, null, null, null, null, null,
        ProjectionLinks.Of("first", Id));

    private static readonly ProjectionView Completed = Queued with
    {
        State = ProjectionState.Completed,
        Distance = new(21.4, 3.2),
        Start = new(517, new(48.9, 7.8)),
        Latent = [0.35f, -1.2f, 0.07f],
    };

    private static readonly Header Location = Header.Location($"/api/runs/first/projections/{Id}");

    private static readonly Response NoProjection = Response.NotFound(
        "There is no such run or projection.", GetProjections.NoProjectionTitle, GetProjections.NoProjectionDetail("first", Id));

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddProjections(this IServiceCollection services) => services
        .AddSingleton(Feature)
        .AddSingleton<ProjectionStore>()
        .AddSingleton<ProjectionJob>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("projections", "The generated pictures nearest to given ones.",
    [
        new(nameof(ProjectPicture), "post", "/api/runs/{run}/project", "Finds the generated picture nearest to an uploaded one")
        {
            Description = $"The search runs in the background. It begins with the nearest of {LatentProjection.Samples} pictures of a seed and changes "
                + "their noise by gradient descent. It compares pixels and, if the data set has a quality reference, features. "
                + "The generator is the moving average. "
                + "The picture is converted like those of the run's data set. The same request has the same id and is computed once; "
                + "repeating one that failed starts it again. "
                + $"A run keeps its newest {ProjectionStore.Kept} projections.",
            Parameters = [Parameter.Run, CheckpointChoice.InQuery, ProjectPicture.Label, ProjectPicture.Seed, ProjectPicture.Steps],
            Body = new(
                "A picture: PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PGM or PPM. The format is detected from the content, not from the media type.",
                IsRequired: true,
                new("application/octet-stream"), new("image/png"), new("image/jpeg"), new("image/webp")),
            Responses =
            [
                new(200, "The search was made before.", Media.Json(Completed)) { Headers = [Location] },
                new(202, "The search is queued or running.", Media.Json(Queued)) { Headers = [Location] },
                Response.Invalid("steps", "steps: '0' is not valid; it must be a whole number from 1 to 500."),
                CheckpointFeature.NoCheckpoint,
                CheckpointFeature.NoBestEpoch,
                Response.TooLarge(
                    "The upload is too large.", DatasetProblems.WithSettings(ProjectPicture.TooLargeDetail(new DatasetOptions().MaxPictureBytes))),
                Response.Busy,
            ],
        },
        new("ListProjections", "get", "/api/runs/{run}/projections", "Lists the projections of a run, newest first")
        {
            Parameters = [Parameter.Run],
            Responses = [new(200, "The projections.", Media.Json(new ProjectionList([Completed]))), Response.NoParameters, Response.NoRun],
        },
        new("GetProjection", "get", Path, "Gets a projection: its state, and what it found")
        {
            Parameters = [Parameter.Run, GetProjections.Id],
            Responses = [new(200, "The projection.", Media.Json(Completed)), Response.NoParameters, NoProjection],
        },
        new("GetProjectionPicture", "get", $"{Path}/picture", "Gets the uploaded picture beside the nearest generated one")
        {
            Parameters = [Parameter.Run, GetProjections.Id, GetProjections.Scale, GetProjections.Formats],
            Responses =
            [
                new(200, "Both pictures side by side.", Media.Bytes(Format.Png), Media.Bytes(Format.WebP))
                {
                    Headers = [Header.ETag, Header.CacheControl, Header.Vary],
                },
                Response.NotModified,
                Response.Invalid("scale", "scale: '0' is not valid; it must be a whole number from 1 to 16."),
                NoProjection with { Description = "There is no such run or projection, or it is not completed.", Headers = [Header.RetryAfter] },
                Response.Busy,
            ],
        },
    ]);
}
