using System.Net;

namespace GanFunctions.Functions.Tests;

/// <summary>
/// A small data set with four classes: a bright bar at one of four heights. An app reads it in a moment, while drawing all the built-in digits takes seconds.
/// Tests that need the features of real pictures share it, because they are computed once, and that takes seconds too.
/// </summary>
internal static class Bars
{
    public const string Name = "bars";

    /// <summary>Makes sure that the data set exists.</summary>
    public static async Task UploadedAsync(HttpClient http)
    {
        using (var existing = await http.GetAsync($"api/datasets/{Name}", TestContext.Current.CancellationToken))
        {
            if (existing.StatusCode != HttpStatusCode.NotFound) return;
        }
        var (pictures, labels) = (new byte[300 * 784], new byte[300]);
        for (var index = 0; index < 300; index++)
        {
            labels[index] = (byte)(index % 4);
            pictures.AsSpan(index * 784 + (4 + index % 4 * 6) * 28, (1 + index % 3) * 28).Fill((byte)(150 + index % 100));
        }
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent([0, 0, 8, 3, 0, 0, 1, 44, 0, 0, 0, 28, 0, 0, 0, 28, .. pictures]), "images", "images" },
            { new ByteArrayContent([0, 0, 8, 1, 0, 0, 1, 44, .. labels]), "labels", "labels" },
        };
        await http.UploadAsync(Name, form);
    }
}
