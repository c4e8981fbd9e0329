using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Benchmarks;

/// <summary>
/// The baseline: the tutorial's training loop, ported from Keras to TorchSharp as its authors wrote it, without any code of this project.
/// It must not change, because all claims about speed are relative to it.
/// </summary>
/// <remarks>
/// The published step line by line: (1) draw noise; (2) <c>generator.predict</c>; (3) a batch of generated and real pictures; (4) labels 0
/// and 1; (5) plus 0.05 times uniform noise; (6) the discriminator trains on it; (7) draw noise; (8) labels 1; (9) the discriminator is
/// frozen and in evaluation mode, so it uses its running statistics; (10) the generator trains through it.
/// </remarks>
internal sealed class PublishedLoop : IDisposable
{
    private const double Momentum = 1 - 0.99; // Keras' momentum is the share that is kept, torch's the share that is new
    private const double Epsilon = 1e-3;

    private readonly Sequential _generator = nn.Sequential(
        nn.Linear(100, 7 * 7 * 256, hasBias: false),
        nn.BatchNorm1d(7 * 7 * 256, Epsilon, Momentum),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, [256, 7, 7]),
        nn.ConvTranspose2d(256, 128, 5, stride: 1, padding: 2, bias: false),
        nn.BatchNorm2d(128, Epsilon, Momentum),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(128, 64, 5, stride: 2, padding: 2, output_padding: 1, bias: false),
        nn.BatchNorm2d(64, Epsilon, Momentum),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(64, 1, 5, stride: 2, padding: 2, output_padding: 1, bias: false),
        nn.Tanh());

    private readonly Sequential _discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 5, stride: 2, padding: 2),
        nn.LeakyReLU(0.2),
        nn.BatchNorm2d(64, Epsilon, Momentum),
        nn.Conv2d(64, 128, 5, stride: 2, padding: 2),
        nn.LeakyReLU(0.2),
        nn.BatchNorm2d(128, Epsilon, Momentum),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(128 * 7 * 7, 1));

    private readonly Adam _generatorOptimiser;
    private readonly Adam _discriminatorOptimiser;

    public PublishedLoop()
    {
        _generatorOptimiser = optim.Adam(_generator.parameters(), 2e-4, 0.5, 0.999, 1e-7);
        _discriminatorOptimiser = optim.Adam(_discriminator.parameters(), 2e-4, 0.5, 0.999, 1e-7);
    }

    /// <summary>One step on <paramref name="real"/>, <c>[batch, 1, 28, 28]</c> in [-1, 1].</summary>
    /// <returns>Both losses.</returns>
    public (double Discriminator, double Generator) Step(Tensor real)
    {
        using var scope = NewDisposeScope();
        var batch = real.shape[0];

        _generator.eval();
        Tensor fake;
        using (no_grad()) fake = _generator.call(randn(batch, 100));
        var pictures = cat([fake, real]);
        var labels = cat([zeros(batch, 1), ones(batch, 1)]) + 0.05 * rand(2 * batch, 1);
        Freeze(_discriminator, frozen: false);
        _discriminator.train();
        _discriminatorOptimiser.zero_grad();
        var discriminatorLoss = binary_cross_entropy_with_logits(_discriminator.call(pictures), labels);
        discriminatorLoss.backward();
        _discriminatorOptimiser.step();

        Freeze(_discriminator, frozen: true);
        _discriminator.eval();
        _generator.train();
        _generatorOptimiser.zero_grad();
        var generatorLoss = binary_cross_entropy_with_logits(_discriminator.call(_generator.call(randn(batch, 100))), ones(batch, 1));
        generatorLoss.backward();
        _generatorOptimiser.step();
        return (discriminatorLoss.ToDouble(), generatorLoss.ToDouble());
    }

    public void Dispose()
    {
        _generatorOptimiser.Dispose();
        _discriminatorOptimiser.Dispose();
        _generator.Dispose();
        _discriminator.Dispose();
    }

    private static void Freeze(nn.Module network, bool frozen)
    {
        foreach (var parameter in network.parameters()) parameter.requires_grad = !frozen;
    }
}
