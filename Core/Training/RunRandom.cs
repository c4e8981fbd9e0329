using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Training;

/// <summary>What a stream of random numbers is for; part of its seed.</summary>
public enum RandomPurpose
{
    /// <summary>First weights of the generator.</summary>
    GeneratorWeights,

    /// <summary>First weights of the discriminator.</summary>
    DiscriminatorWeights,

    /// <summary>Order of the pictures in an epoch.</summary>
    Shuffle,

    /// <summary>Noise the generator draws from.</summary>
    Noise,

    /// <summary>Noise of the generator's own step, where that is a second draw.</summary>
    GeneratorNoise,

    /// <summary>Noise on the labels.</summary>
    Labels,

    /// <summary>Dropout masks.</summary>
    Dropout,

    /// <summary>A picture that a user asked for by seed and index.</summary>
    Sample,

    /// <summary>First weights of a ruler's network.</summary>
    ReferenceWeights,

    /// <summary>Which real pictures a ruler holds out, and the order it sees the others in.</summary>
    ReferenceShuffle,

    /// <summary>Noise of the pictures that a ruler measures.</summary>
    ReferenceNoise,
}

/// <summary>
/// Random numbers as a pure function of (seed, attempt, epoch, step, purpose), so that a run cut anywhere and resumed draws what
/// it would have drawn uncut. Nothing here or elsewhere draws from the process-wide generator.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="attempt">Counts roll-backs.</param>
public sealed class RunRandom(long seed, int attempt)
{
    /// <summary>A generator for one purpose at one step. The caller disposes it.</summary>
    public torch.Generator At(int epoch, int step, RandomPurpose purpose) => Create(seed, attempt, epoch, step, purpose);

    /// <summary>
    /// The generator of picture <paramref name="index"/> of <paramref name="seed"/>: each picture has its own, so that it stays the
    /// same however many are asked for.
    /// </summary>
    public static torch.Generator ForSample(long seed, int index) => Create(seed, 0, 0, index, RandomPurpose.Sample);

    private static torch.Generator Create(long seed, int attempt, int epoch, int step, RandomPurpose purpose)
    {
        // torch seeds its Mersenne twister with 32 bits; a cryptographic hash spreads neighbouring steps over all of them.
        var name = Encoding.ASCII.GetBytes($"{seed}/{attempt}/{epoch}/{step}/{NameOf(purpose)}");
        return new torch.Generator(BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(name)));
    }

    // Part of every seed: a purpose keeps its first name for good, or it would draw other numbers.
    private static string NameOf(RandomPurpose purpose) => purpose switch
    {
        RandomPurpose.ReferenceWeights => "RulerWeights",
        RandomPurpose.ReferenceShuffle => "RulerShuffle",
        RandomPurpose.ReferenceNoise => "RulerNoise",
        _ => purpose.ToString(),
    };
}

/// <summary>The random numbers of one step, each purpose a stream of its own.</summary>
public readonly record struct StepRandom(RunRandom Random, int Epoch, int Step)
{
    /// <summary>Normals, <c>[batch, 100]</c>.</summary>
    public Tensor Noise(long batch) => Normals(batch, RandomPurpose.Noise);

    /// <summary>The second draw of a step that needs two, <c>[batch, 100]</c>.</summary>
    public Tensor GeneratorNoise(long batch) => Normals(batch, RandomPurpose.GeneratorNoise);

    /// <summary>Uniform noise in [0, <paramref name="amount"/>), <c>[count, 1]</c>.</summary>
    public Tensor LabelNoise(long count, double amount)
    {
        using var draw = Random.At(Epoch, Step, RandomPurpose.Labels);
        return rand([count, 1], generator: draw).mul_(amount);
    }

    /// <summary>Zero where a feature is dropped and 1 / (1 - rate) elsewhere, <c>[batch, features]</c>; null when nothing is dropped.</summary>
    public Tensor? DropoutMask(long batch, int features, double rate)
    {
        if (rate == 0) return null;
        using var scope = NewDisposeScope();
        using var draw = Random.At(Epoch, Step, RandomPurpose.Dropout);
        var kept = rand([batch, features], generator: draw).ge_(rate);
        return kept.mul_(1 / (1 - rate)).MoveToOuterDisposeScope();
    }

    private Tensor Normals(long batch, RandomPurpose purpose)
    {
        using var draw = Random.At(Epoch, Step, purpose);
        return randn([batch, Generator.LatentSize], generator: draw);
    }
}
