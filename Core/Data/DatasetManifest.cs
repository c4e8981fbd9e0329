using System.Text.Json;
using System.Text.Json.Serialization;

namespace GanFunctions.Core.Data;

/// <summary><c>datasets/{name}/dataset.json</c>: written last; a data set is stored when this is.</summary>
/// <param name="Format">1. A reader refuses what is newer than it knows.</param>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">The folder, under the data set's, that holds its parts; each upload has one of its own.</param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Classes">Different labels, if there are labels.</param>
/// <param name="StoredAt">When it was stored.</param>
/// <param name="Parts">Its parts.</param>
internal sealed record DatasetManifest(
    int Format, string Name, string Upload, string Sha256, int? Classes, DateTimeOffset StoredAt,
    IReadOnlyList<DatasetManifest.StoredPart> Parts)
{
    private const int KnownFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>A part, an IDX file compressed with gzip.</summary>
    /// <param name="Part">Which one.</param>
    /// <param name="Shape">Its dimensions.</param>
    /// <param name="Sha256">Of the IDX file, not compressed.</param>
    public sealed record StoredPart(IdxPart Part, int[] Shape, string Sha256);

    public static DatasetManifest Of(string name, string upload, IReadOnlyDictionary<IdxPart, IdxArray> parts, DateTimeOffset storedAt)
    {
        var stored = parts.OrderBy(part => part.Key)
            .Select(part => new StoredPart(part.Key, part.Value.Shape, part.Value.ComputeSha256())).ToList();
        var hash = Dataset.HashOf(stored.ToDictionary(part => part.Part, part => part.Sha256));
        var classes = parts.GetValueOrDefault(IdxPart.TrainLabels)?.Data.Distinct().Count();
        return new DatasetManifest(KnownFormat, name, upload, hash, classes, storedAt, stored);
    }

    public BinaryData ToJson() => BinaryData.FromObjectAsJson(this, Json);

    /// <exception cref="StoredDatasetException">It is damaged, or newer than this program.</exception>
    public static DatasetManifest Parse(string name, BinaryData json)
    {
        try
        {
            var format = json.ToObjectFromJson<FormatOnly>(Json)?.Format ?? 0;
            if (format > KnownFormat)
            {
                throw new StoredDatasetException(
                    $"data set '{name}' was stored in format {format}; this program knows formats up to {KnownFormat}", newer: true);
            }
            var manifest = json.ToObjectFromJson<DatasetManifest>(Json) ?? throw new JsonException("it is null");
            return manifest.ShapeOf(IdxPart.TrainImages) is not null ? manifest : throw new JsonException("it lists no pictures");
        }
        catch (JsonException damage)
        {
            throw new StoredDatasetException(
                $"the manifest of data set '{name}' cannot be read: {damage.Message.TrimEnd('.')}", inner: damage);
        }
    }

    public DatasetInfo ToInfo(string source, string description)
    {
        var images = ShapeOf(IdxPart.TrainImages);
        return new DatasetInfo(
            Name, source, Stored: true, images?[0], ShapeOf(IdxPart.TestImages)?[0], Classes, images?[1], images?[2], 1, Sha256,
            description);
    }

    private int[]? ShapeOf(IdxPart part) => Parts.FirstOrDefault(stored => stored.Part == part)?.Shape;

    private sealed record FormatOnly(int Format);
}
