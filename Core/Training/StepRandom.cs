using GanFunctions.Core.Model;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Training;

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
