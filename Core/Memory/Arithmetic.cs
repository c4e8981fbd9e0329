using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Memory;

/// <summary>Arithmetic of tensors and numbers, in place of TorchSharp's operators.</summary>
/// <remarks>
/// TorchSharp passes a number to native code as a <see cref="Scalar"/>, and even the sum of two tensors has one, its factor. The operators create a
/// temporary one and do not keep it alive during the native call: if a garbage collection frees it at that moment, the call uses another number, or
/// ends the process. Here it lives until the call has returned.
/// </remarks>
internal static partial class Arithmetic
{
    public static readonly Scalar Zero = 0.ToScalar();
    public static readonly Scalar One = 1.ToScalar();

    private static readonly Scalar Two = 2.ToScalar();

    // PyTorch's defaults of softplus. Never freed.
    private static readonly nint Beta = NewScalar(1);
    private static readonly nint Threshold = NewScalar(20);

    public static Tensor Plus(this Tensor tensor, Tensor other) => tensor.add(other, One);

    public static Tensor Plus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.add(scalar, One);
    }

    public static Tensor Minus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.sub(scalar);
    }

    public static Tensor Times(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    public static Tensor Over(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.div(scalar);
    }

    public static Tensor Squared(this Tensor tensor) => tensor.pow(Two);

    /// <summary>log(1 + exp(x)), in the shape of x. The native function itself, because TorchSharp's takes no scalars.</summary>
    /// <exception cref="ExternalException">The native function failed.</exception>
    public static Tensor Softplus(this Tensor tensor)
    {
        var result = Softplus(tensor.Handle, Beta, Threshold);
        if (result == 0) CheckForErrors();
        GC.KeepAlive(tensor);
        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>The number in a tensor of one, of type float32.</summary>
    public static double Number(this Tensor tensor) => tensor.item<float>();

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_softplus")]
    private static partial nint Softplus(nint tensor, nint beta, nint threshold);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTorch_float64_to_scalar")]
    private static partial nint NewScalar(double number);
}
