using System.Text.Json.Serialization;
using GanFunctions.Core.Pictures;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>The shares of one class among the pictures, from 0 to 1, according to the classifier.</summary>
/// <param name="Label">The class's label in the data set.</param>
/// <param name="Generated">Share among the generated pictures.</param>
/// <param name="Real">Share among the held-out real pictures.</param>
/// <param name="Name">The class's name; absent if it is unknown.</param>
public sealed record ClassShare(
    int Label, double Generated, double Real, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

/// <summary>Distribution of classes among generated pictures, according to the classifier of the quality reference.</summary>
/// <param name="Accuracy">Accuracy of the classifier on held-out real pictures, from 0 to 1.</param>
/// <param name="Entropy">
/// Entropy of the distribution, in nats: ln(number of classes) if it is uniform, 0 if all pictures are of one class.
/// </param>
/// <param name="Confidence">Mean probability of the predicted class.</param>
/// <param name="Shares">The shares of each class, by label.</param>
/// <param name="Recognised">
/// Share of the pictures that are classified as the requested class; null if the generator is not conditional.
/// </param>
public sealed record ClassCoverage(
    double Accuracy, double Entropy, double Confidence, IReadOnlyList<ClassShare> Shares, double? Recognised = null)
{
    /// <summary>Share of the rarest class among the generated pictures.</summary>
    public double RarestShare => Shares.Min(share => share.Generated);

    /// <summary>Share of the most frequent class among the generated pictures.</summary>
    public double LargestShare => Shares.Max(share => share.Generated);

    /// <summary>Computes the coverage of generated pictures.</summary>
    /// <param name="generated">The classifier's logits for the generated pictures, <c>[count, classes]</c>.</param>
    /// <param name="real">Its logits for the held-out real pictures, <c>[count, classes]</c>.</param>
    /// <param name="labels">The label of each class, ascending.</param>
    /// <param name="accuracy">Accuracy of the classifier on held-out real pictures.</param>
    /// <param name="requested">
    /// Index of the class requested for each generated picture, <c>[count]</c>, int64; null if none was requested.
    /// </param>
    public static ClassCoverage Of(Tensor generated, Tensor real, IReadOnlyList<byte> labels, double accuracy, Tensor? requested = null)
    {
        using var scope = NewDisposeScope();
        var (generatedShares, realShares) = (SharesOf(generated), SharesOf(real));
        var entropy = -generatedShares.Where(share => share > 0).Sum(share => share * Math.Log(share));
        var confidence = generated.to(ScalarType.Float64).softmax(1).amax(1).mean().item<double>();
        var recognised = requested is null ? (double?)null : generated.argmax(1).eq(requested).to(ScalarType.Float64).mean().item<double>();
        return new ClassCoverage(
            accuracy, Rounding.Round(Math.Max(entropy, 0)), Rounding.Round(confidence),
            [.. labels.Select((label, index) => new ClassShare(label, Rounding.Round(generatedShares[index]), Rounding.Round(realShares[index])))],
            Rounding.Round(recognised));
    }

    /// <summary>This coverage with the names of the classes.</summary>
    public ClassCoverage WithNames(ClassLabels classes) =>
        this with { Shares = [.. Shares.Select(share => share with { Name = classes.NameOf(share.Label) })] };

    /// <inheritdoc/>
    public bool Equals(ClassCoverage? other) => other is not null
        && (Accuracy, Entropy, Confidence, Recognised) == (other.Accuracy, other.Entropy, other.Confidence, other.Recognised)
        && Shares.SequenceEqual(other.Shares);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Accuracy, Entropy, Confidence, Shares.Count);

    private static double[] SharesOf(Tensor logits)
    {
        var (count, classes) = (logits.shape[0], logits.shape[1]);
        var counts = logits.argmax(1).bincount(weights: null, minlength: classes);
        return [.. counts.data<long>().Select(pictures => (double)pictures / count)];
    }
}

/// <summary>The labels requested from a conditional generator when its pictures are measured.</summary>
/// <param name="Requested">The label of each picture to generate.</param>
/// <param name="Known">The generator's labels, ascending.</param>
public sealed record RequestedLabels(IReadOnlyList<byte> Requested, IReadOnlyList<byte> Known)
{
    /// <summary>Takes the labels of evenly spaced real pictures, so that the classes have the same distribution.</summary>
    public static RequestedLabels Of(ImageSet pictures, int samples) => new(
        [.. Enumerable.Range(0, samples).Select(index => pictures.Labels![(int)((long)index * pictures.Count / samples)])],
        pictures.DistinctLabels());

    /// <summary>The index of each requested label in <paramref name="labels"/>, -1 if it is not there; <c>[samples]</c>, int64.</summary>
    public Tensor IndexesIn(IReadOnlyList<byte> labels)
    {
        var indexes = labels.Index().ToDictionary(label => label.Item, label => (long)label.Index);
        return tensor(Requested.Select(label => indexes.GetValueOrDefault(label, -1)).ToArray());
    }
}
