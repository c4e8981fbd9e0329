using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using GanFunctions.Core.Model;
using GanFunctions.Core.Storage;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Stores;

/// <summary>The blobs and tables of an app as a zip: <c>blobs/{name}</c>, and a line of JSON for each entity in <c>tables/{table}</c>.</summary>
internal static class StoredAccount
{
    private const string Container = "gan";
    private const int Pattern = 64; // bytes

    private static readonly string[] Tables = ["GanRuns", "GanLosses", "GanSweeps"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Writes an account, without quality references, which are built when they are needed, and the data set of the sweep. The tensors of its
    /// weights are replaced by repetitions of their first numbers, so that the zip is small; all else is as the app has written it.
    /// </summary>
    public static async Task WriteAsync(AzuriteFixture azurite, ZipArchive zip)
    {
        var container = azurite.Blobs().GetBlobContainerClient(Container);
        Dictionary<string, byte[]> blobs = [];
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: Cancellation).Where(blob => !IsLeftOut(blob.Name)))
            blobs[blob.Name] = (await container.GetBlobClient(blob.Name).DownloadContentAsync(Cancellation)).Value.Content.ToArray();
        Dictionary<string, string> renamed = [];
        foreach (var (name, content) in blobs.Where(blob => blob.Key.Contains("/blobs/", StringComparison.Ordinal)).ToList())
        {
            blobs.Remove(name);
            var simple = Simplified(content);
            renamed[Path.GetFileName(name)] = BlobReference.Of(simple).Sha256;
            blobs[name.Replace(Path.GetFileName(name), BlobReference.Of(simple).Sha256, StringComparison.Ordinal)] = simple;
        }
        foreach (var (name, content) in blobs)
        {
            var isJson = name.EndsWith(".json", StringComparison.Ordinal);
            var bytes = isJson ? Encoding.UTF8.GetBytes(Renamed(Encoding.UTF8.GetString(content))) : content;
            await using var entry = await zip.CreateEntry($"blobs/{name}", CompressionLevel.SmallestSize).OpenAsync(Cancellation);
            await entry.WriteAsync(bytes, Cancellation);
        }
        foreach (var table in Tables)
        {
            await using var writer = new StreamWriter(await zip.CreateEntry($"tables/{table}", CompressionLevel.SmallestSize).OpenAsync(Cancellation));
            await foreach (var entity in azurite.Tables().GetTableClient(table).QueryAsync<TableEntity>(cancellationToken: Cancellation))
                await writer.WriteLineAsync(Line(entity));
        }

        string Renamed(string text) => renamed.Aggregate(text, (each, pair) => each.Replace(pair.Key, pair.Value, StringComparison.Ordinal));
    }

    /// <summary>Restores an account.</summary>
    public static async Task ReadAsync(ZipArchive zip, AzuriteFixture azurite)
    {
        var container = azurite.Blobs().GetBlobContainerClient(Container);
        await container.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        foreach (var entry in zip.Entries)
        {
            await using var stream = await entry.OpenAsync(Cancellation);
            var name = entry.FullName[(entry.FullName.IndexOf('/', StringComparison.Ordinal) + 1)..];
            if (entry.FullName.StartsWith("blobs/", StringComparison.Ordinal))
            {
                await container.UploadBlobAsync(name, stream, Cancellation);
            }
            else if (entry.FullName.StartsWith("tables/", StringComparison.Ordinal))
            {
                await azurite.Tables().CreateTableIfNotExistsAsync(name, Cancellation);
                using var reader = new StreamReader(stream);
                var table = azurite.Tables().GetTableClient(name);
                while (await reader.ReadLineAsync(Cancellation) is { } line) await table.AddEntityAsync(Entity(line), Cancellation);
            }
        }
    }

    private static bool IsLeftOut(string blob) =>
        blob.StartsWith("quality/", StringComparison.Ordinal) || blob.StartsWith("datasets/few-noise/", StringComparison.Ordinal);

    private static byte[] Simplified(byte[] file)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        foreach (var tensor in tensors.Values)
        {
            var bytes = tensor.bytes;
            for (var i = Pattern; i < bytes.Length; i++) bytes[i] = bytes[i - Pattern];
        }
        var simple = SafeTensors.Write(tensors, metadata);
        foreach (var tensor in tensors.Values) tensor.Dispose();
        return simple;
    }

    private static string Line(TableEntity entity) => new JsonObject(entity
        .Where(property => property.Key is not ("odata.etag" or "Timestamp"))
        .Select(property => KeyValuePair.Create<string, JsonNode?>(
            property.Key, new JsonObject { [property.Value.GetType().Name] = Convert.ToString(Exact(property.Value), CultureInfo.InvariantCulture) })))
        .ToJsonString();

    private static object Exact(object value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        _ => value,
    };

    private static TableEntity Entity(string line)
    {
        var entity = new TableEntity();
        foreach (var (name, value) in JsonNode.Parse(line)!.AsObject())
        {
            var (type, text) = value!.AsObject().Select(each => (each.Key, (string)each.Value!)).Single();
            entity[name] = type switch
            {
                nameof(Int32) => int.Parse(text, CultureInfo.InvariantCulture),
                nameof(Int64) => long.Parse(text, CultureInfo.InvariantCulture),
                nameof(Double) => double.Parse(text, CultureInfo.InvariantCulture),
                nameof(Boolean) => bool.Parse(text),
                nameof(DateTimeOffset) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture),
                nameof(String) => text,
                _ => throw new JsonException($"{name} has type {type}"),
            };
        }
        return entity;
    }
}
