using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>How pictures lie in memory.</summary>
internal static class Layout
{
    /// <summary>
    /// The same tensor with the channels of a pixel side by side, which convolutions and normalisations are faster on and hand on to their
    /// results. Its shape stays <c>[batch, channels, height, width]</c>.
    /// </summary>
    public static Tensor ChannelsLast(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
