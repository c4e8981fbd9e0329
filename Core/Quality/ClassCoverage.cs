using GanFunctions.Core.Pictures;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>Shares of one class, from 0 to 1, as the classifier sees them.</summary>
/// <param name="Label">The class's label in the data set.</param>
/// <param name="Generated">Among the generated pictures.</param>
/// <param name="Real">Among the held-out real ones.</param>
public sealed record ClassShare(int Label, double Generated, double Real);

/// <summary>What generated pictures show, in the eyes of a classifier.</summary>
/// <param name="Accuracy">The classifier's own, on held-out pictures, from 0 to 1.</param>
/// <param name="Entropy">Of the distribution of classes, in nats; ln(classes) where all are as frequent, 0 where there is one only.</param>
/// <param name="Confidence">Mean probability that the classifier gives to the class it chooses.</param>
/// <param name="Shares">One for each class, by label.</param>
/// <param name="Recognised">Share of the pictures that show the class they were asked for; null where the generator is not conditional.</param>
public sealed record ClassCoverage(
    double Accuracy, double Entropy, double Confidence, IReadOnlyList<ClassShare> Shares, double? Recognised = null)
{
    /// <summary>The rarest class's share among the generated pictures.</summary>
    public double RarestShare => Shares.Min(share => share.Generated);

    /// <summary>The most frequent class's share among the generated pictures.</summary>
    public double LargestShare => Shares.Max(share => share.Generated);

    /// <summary>The coverage of generated pictures.</summary>
    /// <param name="generated">The classifier's logits of them, <c>[count, classes]</c>.</param>
    /// <param name="real">And of held-out real ones.</param>
    /// <param name="labels">Label of each class, rising.</param>
    /// <param name="accuracy">The classifier's own.</param>
    /// <param name="wanted">The class that each generated picture was to show, <c>[count]</c>, 64-bit; null where none was asked for.</param>
    public static ClassCoverage Of(Tensor generated, Tensor real, IReadOnlyList<byte> labels, double accuracy, Tensor? wanted = null)
    {
        using var scope = NewDisposeScope();
        var (drawn, held) = (SharesOf(generated), SharesOf(real));
        var entropy = -drawn.Where(share => share > 0).Sum(share => share * Math.Log(share));
        var confidence = generated.to(ScalarType.Float64).softmax(1).amax(1).mean().item<double>();
        var recognised = wanted is null ? (double?)null : generated.argmax(1).eq(wanted).to(ScalarType.Float64).mean().item<double>();
        return new ClassCoverage(
            accuracy, Rounding.Round(Math.Max(entropy, 0)), Rounding.Round(confidence),
            [.. labels.Select((label, index) => new ClassShare(label, Rounding.Round(drawn[index]), Rounding.Round(held[index])))],
            recognised is { } share ? Rounding.Round(share) : null);
    }

    /// <inheritdoc/>
    public bool Equals(ClassCoverage? other) => other is not null
        && (Accuracy, Entropy, Confidence, Recognised) == (other.Accuracy, other.Entropy, other.Confidence, other.Recognised) && Shares.SequenceEqual(other.Shares);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Accuracy, Entropy, Confidence, Shares.Count);

    private static double[] SharesOf(Tensor logits)
    {
        var (count, classes) = (logits.shape[0], logits.shape[1]);
        var chosen = logits.argmax(1).bincount(weights: null, minlength: classes);
        return [.. chosen.data<long>().Select(pictures => (double)pictures / count)];
    }
}

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
