using GanFunctions.Core.Projections;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Projections;

/// <summary>A projection as the API returns it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Run">The run's id.</param>
/// <param name="State">Its state.</param>
/// <param name="Checkpoint">Name of the checkpoint whose generator is searched.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Seed">Seed of the pictures that the search begins with.</param>
/// <param name="Steps">Number of steps along the gradient.</param>
/// <param name="CreatedAt">When it was requested.</param>
/// <param name="Label">
/// The label of the nearest picture if it is found, and otherwise the requested one; null if none was requested or the run is not conditional.
/// </param>
/// <param name="LabelName">The name of that class; null if it has none.</param>
/// <param name="Distance">Distance between the uploaded picture and the nearest one; null until it is found.</param>
/// <param name="Start">The picture of the seed that is nearest, which the search began with; null until the end of the search.</param>
/// <param name="Latent">The noise vector of the nearest picture, 100 numbers; null until it is found.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="Links">Links.</param>
public sealed record ProjectionView(
    string Id, string Run, ProjectionState State, string Checkpoint, int Epoch, long Seed, int Steps, DateTimeOffset CreatedAt, int? Label, string? LabelName,
    PictureDistance? Distance, ProjectionStart? Start, IReadOnlyList<float>? Latent, string? Error, ProjectionLinks Links)
{
    /// <summary>The view of a stored projection.</summary>
    public static ProjectionView Of(RunRow row, Projection projection)
    {
        var (question, found) = (projection.Question, projection.Found);
        var label = found is null ? question.Label : found.Label;
        return new(
            projection.Id, row.RowKey, projection.State, question.Checkpoint, question.Epoch, question.Seed, question.Steps, projection.CreatedAt, label,
            row.Classes?.FirstOrDefault(each => each.Label == label)?.Name, found?.Distance, ProjectionStart.Of(found), found?.Latent, projection.Error,
            ProjectionLinks.Of(row.RowKey, projection.Id));
    }
}

/// <summary>The nearest of the pictures that a search begins with.</summary>
/// <param name="Index">Index of the picture of the seed, from 0.</param>
/// <param name="Distance">Its distance to the uploaded picture.</param>
public sealed record ProjectionStart(int Index, PictureDistance Distance)
{
    /// <summary>The start of a search; null until its end.</summary>
    public static ProjectionStart? Of(FoundLatent? found) => found is null ? null : new(found.NearestIndex, found.NearestDistance);
}

/// <summary>Links to a projection's resources.</summary>
/// <param name="Self">The projection.</param>
/// <param name="Picture">The uploaded picture beside the nearest one, once that is found.</param>
public sealed record ProjectionLinks(string Self, string Picture)
{
    /// <summary>The links of a projection.</summary>
    public static ProjectionLinks Of(string run, string id) => new($"/api/runs/{run}/projections/{id}", $"/api/runs/{run}/projections/{id}/picture");
}

/// <summary>A list of projections.</summary>
/// <param name="Projections">The projections, newest first.</param>
public sealed record ProjectionList(IReadOnlyList<ProjectionView> Projections);
