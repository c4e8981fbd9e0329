using GanFunctions.Core.Data.Digits;



namespace GanFunctions.Core.Data;

internal static class DatasetInfos
{
    public static DatasetInfo BuiltIn { get; } = new(
        DrawnDigits.Name, "built-in", Stored: false, DrawnDigits.TrainCount, DrawnDigits.TestCount, 10, DigitPen.Side, DigitPen.Side, 1,
        DrawnDigits.Sha256, "Handwritten digits drawn from strokes of our own: always there, and the same for everyone");

    public static DatasetInfo? Of(KnownDataset? known, DatasetManifest? manifest) => (known, manifest) switch
    {
        (null, null) => null,
        (null, _) => manifest.ToInfo("stored", $"Uploaded on {manifest.StoredAt:yyyy-MM-dd}"),
        (_, null) => new DatasetInfo(
            known.Name, "known", Stored: false, 60_000, 10_000, 10, 28, 28, 1, known.Sha256,
            $"{known.Description}; fetched when it is first used"),
        _ => manifest.ToInfo("known", manifest.Sha256 == known.Sha256
            ? known.Description
            : $"Uploaded on {manifest.StoredAt:yyyy-MM-dd} under this name; it is not the published data set"),
    };

    public static DatasetInfo Unreadable(KnownDataset? known, string name, StoredDatasetException problem) => new(
        name, known is null ? "stored" : "known", Stored: true, null, null, null, null, null, null, null,
        $"It cannot be used: {problem.Message}");
}
