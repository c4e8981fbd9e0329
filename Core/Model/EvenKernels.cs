using GanFunctions.Core.Memory;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Keeps transposed convolutions from drawing a checkerboard pattern. One of stride 2 computes even and odd rows and columns with
/// different weights of its kernel, and a uniform area stays uniform only if these four sets have the same sum (Sugawara et al. 2018,
/// arXiv:1806.02658).
/// </summary>
public static class EvenKernels
{
    private const int Stride = 2;

    /// <summary>Replaces the kernels of <paramref name="generator"/> that have stride 2 by the nearest ones with that property.</summary>
    public static void Apply(Generator generator)
    {
        using var noGradient = no_grad();
        foreach (var (_, layer) in generator.named_children())
        {
            if (layer is ConvTranspose2d { stride: [Stride, Stride] } up) Apply(up.weight!);
        }
    }

    /// <summary>Subtracts from each of the four sets of weights the same number, so that its sum becomes the mean of the four.</summary>
    /// <param name="weight"><c>[inputs, outputs, side, side]</c>, changed in place.</param>
    private static void Apply(Tensor weight)
    {
        using var scope = NewDisposeScope();
        Tensor[] sets =
        [
            .. from row in Enumerable.Range(0, Stride)
               from column in Enumerable.Range(0, Stride)
               select weight.slice(2, row, weight.shape[2], Stride).slice(3, column, weight.shape[3], Stride), // a view
        ];
        var sums = stack(sets.Select(set => set.sum([2L, 3L], keepdim: true)));         // [4, inputs, outputs, 1, 1]
        var excess = sums - sums.mean([0L], keepdim: true);
        for (var index = 0; index < sets.Length; index++) sets[index].sub_(excess[index].Over(sets[index].shape[2] * sets[index].shape[3]));
    }
}
