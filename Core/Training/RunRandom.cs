using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Training;

/// <summary>Purpose of a stream of random numbers; part of its seed.</summary>
public enum RandomPurpose
{
    /// <summary>Initial weights of the generator.</summary>
    GeneratorWeights,

    /// <summary>Initial weights of the discriminator.</summary>
    DiscriminatorWeights,

    /// <summary>Order of the pictures in an epoch.</summary>
    Shuffle,

    /// <summary>Noise from which the generator generates pictures.</summary>
    Noise,

    /// <summary>Noise of the generator's training step, if that step does not reuse the pictures of the discriminator's.</summary>
    GeneratorNoise,

    /// <summary>Noise on the discriminator's targets.</summary>
    Labels,

    /// <summary>Dropout masks.</summary>
    Dropout,

    /// <summary>Augmentation of the pictures that the discriminator sees.</summary>
    Augmentation,

    /// <summary>Choice of the real pictures that are mirrored.</summary>
    Flip,

    /// <summary>Noise of a picture that is requested by seed and index.</summary>
    Sample,

    /// <summary>Initial weights of the network of a quality reference.</summary>
    ReferenceWeights,

    /// <summary>Choice of the real pictures that a quality reference holds out, and order of the others.</summary>
    ReferenceShuffle,

    /// <summary>Noise of the pictures that are measured against a quality reference.</summary>
    ReferenceNoise,
}

/// <summary>
/// Random numbers as a pure function of (seed, attempt, epoch, step, purpose). A run that is interrupted at any point and resumed therefore
/// draws the same numbers as an uninterrupted run. No code draws from the process-wide random generator.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="attempt">Number of rollbacks so far.</param>
/// <param name="shard">The worker that draws, from 0, if several train the run. Each draws other numbers.</param>
public sealed class RunRandom(long seed, int attempt, int shard = 0)
{
    /// <summary>The random numbers of a worker's shard. Those of the first are the run's.</summary>
    public RunRandom Of(Shard other) => new(seed, attempt, other.Index);

    /// <summary>The random generator for a purpose at a step. The caller disposes it.</summary>
    public torch.Generator At(int epoch, int step, RandomPurpose purpose) => Create(seed, attempt, epoch, step, purpose, shard);

    /// <summary>
    /// The random generator for picture <paramref name="index"/> of <paramref name="seed"/>. Each picture has its own, so that it is the same
    /// however many pictures are requested.
    /// </summary>
    public static torch.Generator ForSample(long seed, int index) => Create(seed, 0, 0, index, RandomPurpose.Sample);

    private static torch.Generator Create(long seed, int attempt, int epoch, int step, RandomPurpose purpose, int shard = 0)
    {
        // torch seeds its Mersenne Twister with 32 bits. A cryptographic hash makes the seeds of neighbouring steps independent.
        var name = Encoding.ASCII.GetBytes($"{seed}/{attempt}/{epoch}/{step}/{NameOf(purpose)}{(shard == 0 ? "" : $"/{shard}")}");
        return new torch.Generator(BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(name)));
    }

    // The name is part of every seed. A renamed purpose keeps its original name here, because a new one would change its random numbers.
    private static string NameOf(RandomPurpose purpose) => purpose switch
    {
        RandomPurpose.ReferenceWeights => "RulerWeights",
        RandomPurpose.ReferenceShuffle => "RulerShuffle",
        RandomPurpose.ReferenceNoise => "RulerNoise",
        _ => purpose.ToString(),
    };
}

/// <summary>The random numbers of one step, with a separate stream for each purpose.</summary>
public readonly record struct StepRandom(RunRandom Random, int Epoch, int Step)
{
    /// <summary>Noise for the generator: standard normal, <c>[batch, 100]</c>.</summary>
    public Tensor Noise(long batch) => Normals(batch, RandomPurpose.Noise);

    /// <summary>Noise for the second draw of a step that needs two: standard normal, <c>[batch, 100]</c>.</summary>
    public Tensor GeneratorNoise(long batch) => Normals(batch, RandomPurpose.GeneratorNoise);

    /// <summary>Uniform noise in [0, <paramref name="amount"/>), <c>[count, 1]</c>.</summary>
    public Tensor LabelNoise(long count, double amount)
    {
        using var draw = Random.At(Epoch, Step, RandomPurpose.Labels);
        using var factor = amount.ToScalar();
        return rand([count, 1], generator: draw).mul_(factor);
    }

    /// <summary>
    /// A dropout mask, <c>[batch, features]</c>: zero where a feature is dropped and 1 / (1 - rate) elsewhere; null if the rate is zero.
    /// </summary>
    public Tensor? DropoutMask(long batch, int features, double rate)
    {
        if (rate == 0) return null;
        using var scope = NewDisposeScope();
        using var draw = Random.At(Epoch, Step, RandomPurpose.Dropout);
        using var threshold = rate.ToScalar();
        using var factor = (1 / (1 - rate)).ToScalar();
        return rand([batch, features], generator: draw).ge_(threshold).mul_(factor).MoveToOuterDisposeScope();
    }

    private Tensor Normals(long batch, RandomPurpose purpose)
    {
        using var draw = Random.At(Epoch, Step, purpose);
        return randn([batch, Generator.LatentSize], generator: draw);
    }
}
