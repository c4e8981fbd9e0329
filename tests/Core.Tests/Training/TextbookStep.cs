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
internal sealed class TextbookStep
{
    private readonly TrainingOptions _options;
    private readonly Generator _generator;
    private readonly Discriminator _discriminator;
    private readonly optim.Optimizer _generatorAdam;
    private readonly optim.Optimizer _discriminatorAdam;
    private int _steps;

    /// <param name="options">The options.</param>
    /// <param name="generator">The generator to train.</param>
    /// <param name="discriminator">The discriminator to train.</param>
    /// <param name="steps">Steps so far, for the average.</param>
    public TextbookStep(TrainingOptions options, Generator generator, Discriminator discriminator, int steps)
    {
        (_options, _generator, _discriminator, _steps) = (options, generator, discriminator, steps);
        _generatorAdam = optim.Adam(generator.parameters(), options.LearningRate, options.Beta1, options.Beta2, options.AdamEpsilon);
        _discriminatorAdam = optim.Adam(discriminator.parameters(), options.LearningRate, options.Beta1, options.Beta2, options.AdamEpsilon);
        foreach (var (name, value) in generator.state_dict()) Average[name] = value.detach().clone();
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

        _discriminatorAdam.zero_grad();
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
                var penalties = SquaredNorm(real, realInput) * _options.GradientPenalty + SquaredNorm(generated, fakeInput) * _options.GeneratedGradientPenalty;
                total = total + penalties * (_options.GradientPenaltyEvery / 2.0);
            }
            (total * share).backward();
            discriminatorLoss += share * loss.item<float>();
            var (left, right) = _options.Loss == GanLoss.Relativistic ? (real - generated, generated - real) : (real, generated);
            realScore += share * (1 / (1 + (-left).exp())).mean().item<float>();
            fakeScore += share * (1 / (1 + (-right).exp())).mean().item<float>();
            realLogits.Add(real.detach());
        }
        _discriminatorAdam.step();

        _generatorAdam.zero_grad();
        foreach (var ((start, length), real) in parts.Zip(realLogits))
        {
            var share = (double)length / size;
            var fake = reused ?? _generator.call(noise.narrow(0, start, length), batch.Classes?.narrow(0, start, length));
            var logits = Logits(augmentation.Apply(fake), 2, start, length);
            var loss = _options.Loss == GanLoss.Relativistic ? (1 + (real - logits).exp()).log().mean() : CrossEntropy(logits, ones_like(logits));
            (loss * share).backward();
            generatorLoss += share * loss.item<float>();
        }
        _generatorAdam.step();
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
        var targets = cat([zeros(size, 1), ones(size, 1) - _options.LabelSmoothing]) + noise;
        _discriminatorAdam.zero_grad();
        var mask = draw.DropoutMask(2 * size, _discriminator.FeatureSize, _options.Dropout);
        var logits = _discriminator.call(cat([fake, batch.Pictures]), mask, classes);
        var discriminatorLoss = CrossEntropy(logits, targets);
        discriminatorLoss.backward();
        _discriminatorAdam.step();

        _generator.train();
        _discriminator.eval();
        _generatorAdam.zero_grad();
        var judged = _discriminator.call(_generator.call(draw.GeneratorNoise(size), batch.Classes), null, batch.Classes);
        var generatorLoss = CrossEntropy(judged, ones_like(judged));
        generatorLoss.backward();
        _generatorAdam.step();
        UpdateAverage();
        var scores = 1 / (1 + (-logits).exp());
        return new(
            discriminatorLoss.item<float>(), generatorLoss.item<float>(), scores.narrow(0, size, size).mean().item<float>(),
            scores.narrow(0, 0, size).mean().item<float>());
    }

    private Tensor DiscriminatorLoss(Tensor real, Tensor generated, StepRandom draw, int start, int length)
    {
        if (_options.Loss == GanLoss.Relativistic) return (1 + (generated - real).exp()).log().mean();
        var (realTargets, fakeTargets) = (ones_like(real) - _options.LabelSmoothing, zeros_like(generated));
        if (_options.LabelNoise > 0)
        {
            Assert.Equal(0, start); // the noise of a whole batch
            var noise = draw.LabelNoise(2 * length, _options.LabelNoise);
            (realTargets, fakeTargets) = (realTargets + noise.narrow(0, 0, length), fakeTargets + noise.narrow(0, length, length));
        }
        return CrossEntropy(real, realTargets) + CrossEntropy(generated, fakeTargets);
    }

    private static Tensor CrossEntropy(Tensor logits, Tensor targets)
    {
        var probability = 1 / (1 + (-logits).exp());
        return -(targets * probability.log() + (1 - targets) * (1 - probability).log()).mean();
    }

    /// <summary>The squared norm of the gradient with respect to each picture, averaged.</summary>
    private static Tensor SquaredNorm(Tensor logits, Tensor pictures) =>
        autograd.grad([logits.sum()], [pictures], retain_graph: true, create_graph: true)[0].square().sum([1L, 2L, 3L]).mean();

    private void UpdateAverage()
    {
        _steps++;
        var keep = Math.Min(_options.EmaDecay, (1.0 + _steps) / (10.0 + _steps));
        foreach (var (name, value) in _generator.state_dict())
            Average[name] = value.is_floating_point() ? Average[name] * keep + value.detach() * (1 - keep) : value.clone();
    }
}
