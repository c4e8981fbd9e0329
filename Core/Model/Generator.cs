using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Draws pictures from noise: <c>[batch, 100]</c> standard normal values in, <c>[batch, channels, side, side]</c> pixels in [-1, 1] out.
/// A conditional generator also takes the class of each picture.
/// </summary>
public abstract class Generator : nn.Module<Tensor, Tensor?, Tensor>
{
    /// <summary>Length of a noise vector.</summary>
    public const int LatentSize = 100;

    private Linear _dense = null!;
    private Embedding? _embedding;
    private BatchNorm1d _norm0 = null!;

    private protected Generator(NetworkFamily family, PictureShape shape, ClassLabels? labels, double width) : base(nameof(Generator)) =>
        (Family, Shape, Classes, WidthMultiplier) = (family, shape, labels ?? ClassLabels.None, width);

    /// <summary>The family that the generator belongs to.</summary>
    public NetworkFamily Family { get; }

    /// <summary>Multiplier of the channels of its hidden layers, at most 1.</summary>
    public double WidthMultiplier { get; }

    /// <summary>
    /// Data type in which the convolutions compute: float32 or bfloat16. Weights, normalisation statistics and pictures stay float32.
    /// </summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>Shape of the pictures.</summary>
    public PictureShape Shape { get; }

    /// <summary>The classes: their labels, and their names if they are known. Empty for an unconditional generator.</summary>
    public ClassLabels Classes { get; internal set; }

    /// <summary>Label of each class in ascending order; empty for an unconditional generator.</summary>
    public IReadOnlyList<byte> Labels => Classes.Labels;

    /// <summary>Whether each picture needs a class.</summary>
    public bool IsConditional => Labels.Count > 0;

    /// <param name="noise"><c>[batch, 100]</c>, standard normal.</param>
    /// <param name="classes">
    /// The class of each picture as an index into <see cref="Labels"/>, <c>[batch]</c>, int64; null if the generator is unconditional.
    /// </param>
    /// <returns>Pictures, <c>[batch, channels, side, side]</c> in [-1, 1].</returns>
    public abstract override Tensor forward(Tensor noise, Tensor? classes);

    /// <summary>
    /// Registers the first layer; a subclass calls this before its own layers. It takes the noise and the one-hot class, concatenated (Mirza
    /// and Osindero 2014, arXiv:1411.1784).
    /// </summary>
    /// <param name="size">Number of its outputs.</param>
    /// <param name="norm">Momentum and epsilon of its batch normalisation.</param>
    private protected void RegisterStart(int size, BatchNormSettings norm)
    {
        register_module("dense", _dense = nn.Linear(LatentSize, size, hasBias: false));
        if (IsConditional) register_module("classes", _embedding = nn.Embedding(Labels.Count, size));
        register_module("norm0", _norm0 = nn.BatchNorm1d(size, norm.Epsilon, norm.UpdateShare));
    }

    /// <summary>Computes the first layer: <c>[batch, size]</c>, channel by channel.</summary>
    private protected Tensor Start(Tensor noise, Tensor? classes)
    {
        var x = noise.to(ComputeType).mm(_dense.weight!.to(ComputeType).t());
        if (_embedding is not null) x = x.Plus(Embed(_embedding, classes!).to(ComputeType));
        return Activate(_norm0.Normalise(x));
    }

    // Not in Start: a method that calls a module may not touch one whose forward pass must not be called (The_arithmetic in Architecture.Tests).
    private static Tensor Embed(Embedding embedding, Tensor classes) => embedding.call(classes);

    private protected static Tensor Activate(Tensor x) => Discriminator.Activate(x);
}
