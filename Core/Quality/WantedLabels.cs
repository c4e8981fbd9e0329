using GanFunctions.Core.Pictures;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>What a conditional generator is asked for when its pictures are measured.</summary>
/// <param name="Each">The label of each picture.</param>
/// <param name="Known">The generator's labels, rising.</param>
public sealed record WantedLabels(IReadOnlyList<byte> Each, IReadOnlyList<byte> Known)
{
    /// <summary>Labels of real pictures, evenly from all of them, so that every class has its share.</summary>
    public static WantedLabels Of(ImageSet pictures, int samples) => new(
        [.. Enumerable.Range(0, samples).Select(index => pictures.Labels![(int)((long)index * pictures.Count / samples)])],
        pictures.DistinctLabels());

    /// <summary>The place of each picture's label in <paramref name="labels"/>, -1 where it is not there; <c>[samples]</c>, 64-bit.</summary>
    public Tensor ClassesIn(IReadOnlyList<byte> labels)
    {
        var places = labels.Index().ToDictionary(label => label.Item, label => (long)label.Index);
        return tensor(Each.Select(label => places.GetValueOrDefault(label, -1)).ToArray());
    }
}
