namespace GanFunctions.Core.Data.Uploads;

/// <summary>Holds a seeded tenth of the pictures out, where an upload brings no test set.</summary>
internal static class HeldOut
{
    /// <summary>Two: one to train on, one held out.</summary>
    public const int FewestPictures = 2;

    private const int OneOf = 10;
    private const int Seed = 42;

    /// <summary>
    /// Whether each picture is held out: a tenth of them, at least one, none that is the last of its class to train on as long as others
    /// are left. The same pictures always give the same.
    /// </summary>
    /// <param name="count">Pictures.</param>
    /// <param name="labels"><c>[count]</c>, or none.</param>
    /// <exception cref="UploadRefusedException">There is but one picture.</exception>
    public static bool[] Choose(int count, IReadOnlyList<byte>? labels)
    {
        if (count < FewestPictures)
            throw new UploadRefusedException("the upload", $"it has {count} picture", $"{FewestPictures} at least: one to train on, one that is held out");
        var order = Enumerable.Range(0, count).ToArray();
        new Random(Seed).Shuffle(order);
        var left = new int[byte.MaxValue + 1];
        foreach (var label in labels ?? []) left[label]++;

        var held = new bool[count];
        var wanted = Math.Max(1, count / OneOf);
        foreach (var index in order.Where(index => labels is null || left[labels[index]]-- > 1).Take(wanted)) held[index] = true;
        if (!held.Contains(true)) held[order[0]] = true;
        return held;
    }

    /// <summary>Divides the parts of an upload that has no test set.</summary>
    public static Dictionary<IdxPart, IdxArray> Divide(Dictionary<IdxPart, IdxArray> parts)
    {
        if (parts.ContainsKey(IdxPart.TestImages)) return parts;
        var labels = parts.GetValueOrDefault(IdxPart.TrainLabels);
        var held = Choose(parts[IdxPart.TrainImages].Shape[0], labels?.Data);
        var divided = new Dictionary<IdxPart, IdxArray>();
        Add(IdxPart.TrainImages, IdxPart.TrainImages, false);
        Add(IdxPart.TrainLabels, IdxPart.TrainLabels, false);
        Add(IdxPart.TrainImages, IdxPart.TestImages, true);
        Add(IdxPart.TrainLabels, IdxPart.TestLabels, true);
        return divided;

        void Add(IdxPart from, IdxPart to, bool test)
        {
            if (parts.GetValueOrDefault(from) is not { } whole) return;
            var size = whole.Data.Length / whole.Shape[0];
            var data = new byte[held.Count(each => each == test) * size];
            var place = 0;
            foreach (var (index, _) in held.Index().Where(each => each.Item == test))
                whole.Data.AsSpan(index * size, size).CopyTo(data.AsSpan(size * place++));
            divided[to] = new IdxArray([place, .. whole.Shape[1..]], data);
        }
    }
}
