using GanFunctions.Core.Model;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Export;

/// <summary>A layer of a generator with the normalisation behind it.</summary>
/// <param name="Name">As its tensors are named in a checkpoint.</param>
/// <param name="Weight"><c>[out, in]</c> of the dense layer, <c>[in, out, kernel, kernel]</c> of a transposed convolution.</param>
/// <param name="Up">The transposed convolution; null for the dense layer.</param>
internal sealed record GeneratorLayer(string Name, Tensor Weight, ConvTranspose2d? Up)
{
    /// <summary>What is added for each class, <c>[classes, out]</c>; null where it is not conditional, and behind the first layer.</summary>
    public Tensor? Classes { get; init; }

    /// <summary>The normalisation, behind which comes a LeakyReLU; null behind the last layer, where tanh comes.</summary>
    public BatchNorm? Norm { get; init; }

    /// <summary>Which dimension of <see cref="Weight"/> is that of the output.</summary>
    public int OutAxis => Up is null ? 0 : 1;

    /// <summary>Output features or channels.</summary>
    public int Outs => (int)Weight.shape[OutAxis];

    /// <summary>The layers of a generator, from noise to pictures.</summary>
    /// <exception cref="NotSupportedException">It has a layer that is not known here.</exception>
    public static IReadOnlyList<GeneratorLayer> Of(Generator generator)
    {
        var layers = new List<GeneratorLayer>();
        foreach (var (name, module) in generator.named_children())
        {
            switch (module)
            {
                case Linear { bias: null } dense: layers.Add(new(name, dense.weight!, null)); break;
                case ConvTranspose2d { bias: null } up: layers.Add(new(name, up.weight!, up)); break;
                case Embedding classes: layers[^1] = layers[^1] with { Classes = classes.weight! }; break;
                case BatchNorm norm: layers[^1] = layers[^1] with { Norm = norm }; break;
                default: throw new NotSupportedException($"A layer of type {module.GetName()} is not known here: {name}.");
            }
        }
        return layers;
    }
}
