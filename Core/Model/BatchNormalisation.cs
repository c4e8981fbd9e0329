using GanFunctions.Core.Memory;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>The forward pass of batch normalisation, in place of that of TorchSharp's module.</summary>
/// <remarks>
/// TorchSharp's counts the batches with a number that it does not keep alive (see <see cref="Arithmetic"/>): a garbage collection at that moment changed
/// the counter, which is a part of a checkpoint, or ended the step with an exception.
/// </remarks>
internal static class BatchNormalisation
{
    /// <summary>
    /// Normalises each channel of <paramref name="x"/>: in training by the mean and variance of the batch, which also move the running ones; else by the
    /// running ones (Ioffe and Szegedy 2015, arXiv:1502.03167).
    /// </summary>
    /// <param name="norm">The module, which has the weights and the running values.</param>
    /// <param name="x"><c>[batch, channels, ...]</c>.</param>
    /// <returns>The shape of <paramref name="x"/>.</returns>
    public static Tensor Normalise(this BatchNorm norm, Tensor x)
    {
        if (norm.training) norm.num_batches_tracked!.add_(Arithmetic.One, Arithmetic.One);
        return nn.functional.batch_norm(
            x, norm.running_mean!, norm.running_var!, norm.weight!, norm.bias!, norm.training, norm.momentum!.Value, norm.eps);
    }
}
