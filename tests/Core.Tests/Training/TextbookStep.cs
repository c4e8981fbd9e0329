using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Training;

/// <summary>
/// The same training as that of the presets, as the papers write it: Goodfellow et al. 2014, Mescheder et al. 2018 (the penalties R1 and R2),
/// Jolicoeur-Martineau 2018 (the relativistic loss), Karras et al. 2018 (the average), in as few operations as possible.
/// </summary>
/// <remarks>
/// Without the operators and the optimiser of TorchSharp, which a garbage collection can disturb (see <see cref="Arithmetic"/>). That the optimiser of
/// Core has the same result is tested by <see cref="The_optimiser"/>.
/// </remarks>
internal sealed class TextbookStep : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly Generator _generator;
    private readonly Discriminator _discriminator;
    private readonly AdamOptimiser _generatorAdam;
    private readonly AdamOptimiser _discriminatorAdam;
    private int _steps;

    /// <param name="options">The options.</param>
    /// <param name="generator">The generator to train.</param>
    /// <param name="discriminator">The discriminator to train.</param>
    /// <param name="steps">Steps so far, for the average.</param>
    public TextbookStep(TrainingOptions options, Generator generator, Discriminator discriminator, int steps)
    {
        (_options, _generator, _discriminator, _steps) = (options, generator, discriminator, steps);
        foreach (var (name, value) in generator.state_dict()) Average[name] = value.detach().clone();
        (_generatorAdam, _discriminatorAdam) = (Adam(generator), Adam(discriminator));

        AdamOptimiser Adam(nn.Module network) =>
            new(network.parameters(), options.Beta1, options.Beta2, options.AdamEpsilon) { LearningRate = options.LearningRate };
    }

    /// <summary>The moving average of the generator.</summary>
    public Dictionary<string, Tensor> Average { get; } = [];

    /// <summary>A step of the presets <c>dcgan</c> and <c>compact</c>.</summary>
    public StepLosses Run(StepRandom draw, RealBatch batch)
    {
        using var augmentation = new Augmentation(_options, draw);
        _generator.train();
        _discriminator.train();
        batch = augmentation.Mirror(batch);
        var size = (int)batch.Size;
        var noise = draw.Noise(size);
        var masks = draw.DropoutMask(3 * size, _discriminator.FeatureSize, _options.Dropout);
        var isPenalised = draw.Step % _options.GradientPenaltyEvery == 0;
        // Ten pictures in parts of at most four: three, three and four.
        (int Start, int Length)[] parts = _options.MicroBatchSize is null ? [(0, size)] : [(0, 3), (3, 3), (6, 4)];
        Tensor? reused = null;
        var realLogits = new List<Tensor>();
        var (discriminatorLoss, generatorLoss, realScore, fakeScore) = (0.0, 0.0, 0.0, 0.0);

        Clear(_discriminator);
        foreach (var (start, length) in parts)
        {
            var share = (double)length / size;
            var fake = _generator.call(noise.narrow(0, start, length), batch.Classes?.narrow(0, start, length));
            if (parts.Length == 1) reused = fake;
            var realInput = augmentation.Apply(batch.Pictures.narrow(0, start, length)).detach().requires_grad_();
            var fakeInput = augmentation.Apply(fake).detach().requires_grad_();
            var real = Logits(realInput, 0, start, length);
            var generated = Logits(fakeInput, 1, start, length);
            var loss = DiscriminatorLoss(real, generated, draw, start, length);
            var total = loss;
            if (isPenalised)
            {
                var penalties = SquaredNorm(real, realInput).Times(_options.GradientPenalty)
                    .Plus(SquaredNorm(generated, fakeInput).Times(_options.GeneratedGradientPenalty));
                total = total.Plus(penalties.Times(_options.GradientPenaltyEvery / 2.0));
            }
            total.Times(share).backward();
            discriminatorLoss += share * loss.item<float>();
            var (left, right) = _options.Loss == GanLoss.Relativistic ? (Difference(real, generated), Difference(generated, real)) : (real, generated);
            realScore += share * Probability(left).mean().item<float>();
            fakeScore += share * Probability(right).mean().item<float>();
            realLogits.Add(real.detach());
        }
        _discriminatorAdam.Step();

        Clear(_generator);
        foreach (var ((start, length), real) in parts.Zip(realLogits))
        {
            var share = (double)length / size;
            var fake = reused ?? _generator.call(noise.narrow(0, start, length), batch.Classes?.narrow(0, start, length));
            var logits = Logits(augmentation.Apply(fake), 2, start, length);
            var loss = _options.Loss == GanLoss.Relativistic ? Difference(real, logits).exp().Plus(1).log().mean() : CrossEntropy(logits, ones_like(logits));
            loss.Times(share).backward();
            generatorLoss += share * loss.item<float>();
        }
        _generatorAdam.Step();
        if (_options.EvenKernels) MakeEven(_generator);
        UpdateAverage();
        return new(discriminatorLoss, generatorLoss, realScore, fakeScore);

        Tensor Logits(Tensor pictures, int use, int start, int length) =>
            _discriminator.call(pictures, masks?.narrow(0, use * size + start, length), batch.Classes?.narrow(0, start, length));
    }

    /// <summary>A step of the preset <c>tutorial</c>.</summary>
    public StepLosses RunTutorial(StepRandom draw, RealBatch batch)
    {
        var size = batch.Size;
        _generator.eval();
        var fake = _generator.call(draw.Noise(size), batch.Classes).detach();
        _discriminator.train();
        var classes = batch.Classes is null ? null : cat([batch.Classes, batch.Classes]);
        var noise = draw.LabelNoise(2 * size, _options.LabelNoise);
        var targets = cat([zeros(size, 1), ones(size, 1).Minus(_options.LabelSmoothing)]).Plus(noise);
        Clear(_discriminator);
        var mask = draw.DropoutMask(2 * size, _discriminator.FeatureSize, _options.Dropout);
        var logits = _discriminator.call(cat([fake, batch.Pictures]), mask, classes);
        var discriminatorLoss = CrossEntropy(logits, targets);
        discriminatorLoss.backward();
        _discriminatorAdam.Step();

        _generator.train();
        _discriminator.eval();
        Clear(_generator);
        var judged = _discriminator.call(_generator.call(draw.GeneratorNoise(size), batch.Classes), null, batch.Classes);
        var generatorLoss = CrossEntropy(judged, ones_like(judged));
        generatorLoss.backward();
        _generatorAdam.Step();
        UpdateAverage();
        var scores = Probability(logits);
        return new(
            discriminatorLoss.item<float>(), generatorLoss.item<float>(), scores.narrow(0, size, size).mean().item<float>(),
            scores.narrow(0, 0, size).mean().item<float>());
    }

    public void Dispose()
    {
        _generatorAdam.Dispose();
        _discriminatorAdam.Dispose();
    }

    /// <summary>The difference of two tensors.</summary>
    public static Tensor Difference(Tensor left, Tensor right) => left.Plus(right.neg());

    private Tensor DiscriminatorLoss(Tensor real, Tensor generated, StepRandom draw, int start, int length)
    {
        if (_options.Loss == GanLoss.Relativistic) return Difference(generated, real).exp().Plus(1).log().mean();
        var (realTargets, fakeTargets) = (ones_like(real).Minus(_options.LabelSmoothing), zeros_like(generated));
        if (_options.LabelNoise > 0)
        {
            Assert.Equal(0, start); // the noise of a whole batch
            var noise = draw.LabelNoise(2 * length, _options.LabelNoise);
            (realTargets, fakeTargets) = (realTargets.Plus(noise.narrow(0, 0, length)), fakeTargets.Plus(noise.narrow(0, length, length)));
        }
        return CrossEntropy(real, realTargets).Plus(CrossEntropy(generated, fakeTargets));
    }

    private static Tensor CrossEntropy(Tensor logits, Tensor targets)
    {
        var probability = Probability(logits);
        return (targets * probability.log()).Plus(Complement(targets) * Complement(probability).log()).mean().neg();
    }

    /// <summary>Moves the kernels of 4x4 by the least amount that gives the four sums over every other row and column the same value.</summary>
    private static void MakeEven(Generator generator)
    {
        using var noGradient = no_grad();
        foreach (var weight in generator.parameters().Where(weight => weight.shape is [_, _, 4, 4]))
        {
            var kernels = weight.view(-1, 16);
            foreach (var kernel in Enumerable.Range(0, (int)kernels.shape[0]).Select(index => kernels[index]))
            {
                var values = kernel.data<float>().ToArray();
                var sums = values.Index().GroupBy(entry => SetOf(entry.Index)).ToDictionary(set => set.Key, set => set.Sum(entry => entry.Item));
                kernel.copy_(tensor([.. values.Index().Select(entry => entry.Item - (sums[SetOf(entry.Index)] - sums.Values.Average()) / 4)]));
            }
        }

        static (int Row, int Column) SetOf(int index) => (index / 4 % 2, index % 2);
    }

    private static void Clear(nn.Module network)
    {
        foreach (var weight in network.parameters()) weight.grad = null;
    }

    private static Tensor Probability(Tensor logits) => logits.neg().exp().Plus(1).reciprocal();

    private static Tensor Complement(Tensor shares) => shares.neg().Plus(1);

    /// <summary>The squared norm of the gradient with respect to each picture, averaged.</summary>
    private static Tensor SquaredNorm(Tensor logits, Tensor pictures) =>
        autograd.grad([logits.sum()], [pictures], retain_graph: true, create_graph: true)[0].Squared().sum([1L, 2L, 3L]).mean();

    private void UpdateAverage()
    {
        _steps++;
        var keep = Math.Min(_options.EmaDecay, (1.0 + _steps) / (10.0 + _steps));
        foreach (var (name, value) in _generator.state_dict())
            Average[name] = value.is_floating_point() ? Average[name].Times(keep).Plus(value.detach().Times(1 - keep)) : value.clone();
    }
}
