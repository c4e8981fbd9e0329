using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// The mean of networks that several workers trained from the same checkpoint: of their weights, statistics, moving averages and optimiser state
/// (local SGD, Stich 2019, arXiv:1805.09767; for GANs Rasouli et al. 2020, arXiv:2006.07228). The result depends on the order in which they are added.
/// </summary>
public sealed class StateAverage : IDisposable
{
    private readonly SumOfFile _generator = new();
    private readonly SumOfFile _training = new();
    private int _count;

    /// <summary>Adds the files of a worker's networks, as <see cref="NetworkState.Save"/> writes them.</summary>
    /// <exception cref="InvalidDataException">The files are not of the same networks, or not at the same step, as those before.</exception>
    public void Add(byte[] generator, byte[] training)
    {
        _generator.Add(generator);
        _training.Add(training);
        _count++;
    }

    /// <summary>The files of the mean. Nothing can be added afterwards.</summary>
    public (byte[] Generator, byte[] Training) ToFiles() => (_generator.Mean(_count), _training.Mean(_count));

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _training.Dispose();
    }

    private sealed class SumOfFile : IDisposable
    {
        private Dictionary<string, Tensor>? _tensors;
        private Dictionary<string, string>? _metadata;

        public void Add(byte[] file)
        {
            using var scope = NewDisposeScope();
            var (tensors, metadata) = SafeTensors.Read(file);
            if (_tensors is null)
            {
                foreach (var tensor in tensors.Values) tensor.DetachFromDisposeScope();
                (_tensors, _metadata) = (tensors, metadata);
                return;
            }
            foreach (var (name, sum) in _tensors)
            {
                if (!tensors.TryGetValue(name, out var tensor) || !tensor.shape.SequenceEqual(sum.shape))
                    throw new InvalidDataException($"The tensor {name} of one worker is missing or has another shape.");
                if (IsAveraged(sum)) sum.add_(tensor, Arithmetic.One);
                else if (!sum.eq(tensor).all().item<bool>()) throw new InvalidDataException($"The counter {name} of one worker is different.");
            }
        }

        public byte[] Mean(int count)
        {
            using var divisor = count.ToScalar();
            foreach (var sum in _tensors!.Values.Where(IsAveraged)) sum.div_(divisor);
            return SafeTensors.Write(_tensors, _metadata!);
        }

        public void Dispose()
        {
            if (_tensors is null) return;
            foreach (var tensor in _tensors.Values) tensor.Dispose();
        }

        // Counters are the same on every worker, and so is the factor of the learning rate, the only number of 64 bits.
        private static bool IsAveraged(Tensor tensor) => tensor.dtype == ScalarType.Float32;
    }
}
