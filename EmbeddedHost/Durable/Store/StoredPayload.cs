using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>JSON as a row holds it: the text itself, or the name of the blob that has it.</summary>
internal readonly record struct StoredPayload(string? Text, string? Blob)
{
    public void WriteTo(TableEntity entity, string column)
    {
        if (Text is not null)
        {
            entity[column] = Text;
        }

        if (Blob is not null)
        {
            entity[column + "Blob"] = Blob;
        }
    }

    public static StoredPayload ReadFrom(TableEntity entity, string column) =>
        new(entity.GetString(column), entity.GetString(column + "Blob"));
}
