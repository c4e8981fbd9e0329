using GanFunctions.Core.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>Adam's memory of a parameter.</summary>
public sealed class AdamState
{
    /// <summary>Number of updates.</summary>
    public long Step { get; set; }

    /// <summary>Moving average of the gradient, in the shape of the parameter.</summary>
    public required Tensor Average { get; init; }

    /// <summary>Moving average of the squared gradient, in the shape of the parameter.</summary>
    public required Tensor AverageOfSquares { get; init; }
}

/// <summary>The Adam optimiser (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), with the arithmetic of PyTorch.</summary>
/// <remarks>
/// It replaces TorchSharp's, which has temporary <see cref="Scalar"/>s: see <see cref="Arithmetic"/>.
/// </remarks>
public sealed class AdamOptimiser : IDisposable
{
    private readonly List<(Tensor Parameter, AdamState State)> _parameters;
    private readonly (double Value, Scalar Keep, Scalar Add) _first;
    private readonly (double Value, Scalar Keep, Scalar Add) _second;
    private readonly Scalar _epsilon;

    /// <param name="parameters">The parameters to update.</param>
    /// <param name="beta1">Decay rate of <see cref="AdamState.Average"/>.</param>
    /// <param name="beta2">Decay rate of <see cref="AdamState.AverageOfSquares"/>.</param>
    /// <param name="epsilon">Added to the denominator.</param>
    public AdamOptimiser(IEnumerable<Tensor> parameters, double beta1, double beta2, double epsilon)
    {
        _parameters = [.. parameters.Select(parameter => (parameter, NewState(parameter)))];
        (_first, _second) = (Decay(beta1), Decay(beta2));
        _epsilon = epsilon.ToScalar();
    }

    /// <summary>The step size.</summary>
    public double LearningRate { get; set; }

    /// <summary>The state of each parameter, in the order of the parameters.</summary>
    public IEnumerable<AdamState> States => _parameters.Select(parameter => parameter.State);

    /// <summary>Updates all parameters that have a gradient.</summary>
    public void Step()
    {
        using var noGradient = no_grad();
        foreach (var (parameter, state) in _parameters)
        {
            using var scope = NewDisposeScope();
            if (parameter.grad is not { } gradient) continue;
            state.Step++;
            state.Average.mul_(_first.Keep).add_(gradient, _first.Add);
            state.AverageOfSquares.mul_(_second.Keep).addcmul_(gradient, gradient, _second.Add);
            using var correction = Math.Sqrt(1 - Math.Pow(_second.Value, state.Step)).ToScalar();
            using var size = (-LearningRate / (1 - Math.Pow(_first.Value, state.Step))).ToScalar();
            parameter.addcdiv_(state.Average, state.AverageOfSquares.sqrt().div_(correction).add_(_epsilon, Arithmetic.One), size);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, state) in _parameters)
        {
            state.Average.Dispose();
            state.AverageOfSquares.Dispose();
        }
        foreach (var scalar in new[] { _first.Keep, _first.Add, _second.Keep, _second.Add, _epsilon }) scalar.Dispose();
    }

    private static AdamState NewState(Tensor parameter) => new()
    {
        Average = zeros_like(parameter).DetachFromDisposeScope(),
        AverageOfSquares = zeros_like(parameter).DetachFromDisposeScope(),
    };

    private static (double Value, Scalar Keep, Scalar Add) Decay(double rate) => (rate, rate.ToScalar(), (1 - rate).ToScalar());
}
