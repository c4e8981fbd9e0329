namespace GanFunctions.Core.Data.Uploads;

/// <summary>Holds out a random tenth of the pictures of an upload that has no test set. The choice has a fixed seed.</summary>
internal static class HeldOut
{
    /// <summary>Minimum number of pictures: one to train on and one to hold out.</summary>
    public const int MinPictures = 2;

    private const int OneIn = 10;
    private const int Seed = 42;

    /// <summary>
    /// Chooses the held-out pictures: a tenth of them, at least one. The last training picture of a class is not held out unless all
    /// classes have only one picture. The choice is deterministic.
    /// </summary>
    /// <param name="count">Number of pictures.</param>
    /// <param name="labels"><c>[count]</c>; null if there are no labels.</param>
    /// <returns>Whether each picture is held out.</returns>
    /// <exception cref="UploadRefusedException">There are fewer than two pictures.</exception>
    public static bool[] Choose(int count, IReadOnlyList<byte>? labels)
    {
        if (count < MinPictures)
        {
            throw new UploadRefusedException(
                "the upload", count == 1 ? "it has one picture" : "it has no pictures",
                $"at least {MinPictures}: one to train on and one to hold out");
        }
        var order = Enumerable.Range(0, count).ToArray();
        new Random(Seed).Shuffle(order);
        var left = new int[byte.MaxValue + 1];
        foreach (var label in labels ?? []) left[label]++;

        var held = new bool[count];
        var wanted = Math.Max(1, count / OneIn);
        foreach (var index in order.Where(index => labels is null || left[labels[index]]-- > 1).Take(wanted)) held[index] = true;
        if (!held.Contains(true)) held[order[0]] = true;
        return held;
    }

    /// <summary>Splits the parts of an upload that has no test set.</summary>
    public static Dictionary<IdxPart, IdxArray> Split(Dictionary<IdxPart, IdxArray> parts)
    {
        if (parts.ContainsKey(IdxPart.TestImages)) return parts;
        var labels = parts.GetValueOrDefault(IdxPart.TrainLabels);
        var held = Choose(parts[IdxPart.TrainImages].Shape[0], labels?.Data);
        var split = new Dictionary<IdxPart, IdxArray>();
        Add(IdxPart.TrainImages, IdxPart.TrainImages, false);
        Add(IdxPart.TrainLabels, IdxPart.TrainLabels, false);
        Add(IdxPart.TrainImages, IdxPart.TestImages, true);
        Add(IdxPart.TrainLabels, IdxPart.TestLabels, true);
        return split;

        void Add(IdxPart from, IdxPart to, bool test)
        {
            if (parts.GetValueOrDefault(from) is not { } whole) return;
            var size = whole.Data.Length / whole.Shape[0];
            var data = new byte[held.Count(each => each == test) * size];
            var next = 0;
            foreach (var (index, _) in held.Index().Where(each => each.Item == test))
                whole.Data.AsSpan(index * size, size).CopyTo(data.AsSpan(size * next++));
            split[to] = new IdxArray([next, .. whole.Shape[1..]], data);
        }
    }
}
