using GanFunctions.Core.Model;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// Starts networks from the files of another run's checkpoint: the weights and batch-norm statistics of the generator, of its moving average,
/// and of the discriminator. Optimisers and the learning-rate factor start afresh.
/// </summary>
public static class InitialWeights
{
    private const string OfClasses = ".classes."; // in the names of class embeddings, in both networks

    /// <summary>
    /// Loads the weights into new networks. Class embeddings are taken if both runs have the same classes, by name and label; otherwise new
    /// networks keep their initialised ones, and those of the files are dropped.
    /// </summary>
    /// <param name="networks">New networks, initialised.</param>
    /// <param name="generatorFile">The <c>generator</c> file.</param>
    /// <param name="trainingFile">The <c>training</c> file; null if it is no longer stored, and then the discriminator stays as it is.</param>
    /// <param name="emaDecay">Decay of the moving average.</param>
    /// <exception cref="InvalidDataException">The files are of another architecture, or cannot be read.</exception>
    public static void Load(GanNetworks networks, byte[] generatorFile, byte[]? trainingFile, double emaDecay)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (generator, metadata) = SafeTensors.Read(generatorFile);
        var (found, needed) = (NetworkState.ArchitectureOf(metadata), NetworkState.ArchitectureOf(networks.Generator));
        if (found != needed) throw new InvalidDataException($"its networks are {found}, and the run needs {needed}");
        var hasSameClasses = NetworkState.ClassesOf(metadata).ToString() == networks.Generator.Classes.ToString();
        NetworkState.LoadState(generator, NetworkState.Averaged, networks.Average, IsTaken);
        NetworkState.LoadState(generator, NetworkState.Raw, networks.Generator, IsTaken);

        // The average keeps its age, because a new warm-up would replace it within a few steps. A checkpoint whose training state is gone was
        // followed by others: its average counts as old enough.
        networks.AverageSteps = GanNetworks.WarmUpSteps(emaDecay);
        if (trainingFile is null) return;
        var (training, _) = SafeTensors.Read(trainingFile);
        NetworkState.LoadState(training, NetworkState.OfDiscriminator, networks.Discriminator, IsTaken);
        networks.AverageSteps = NetworkState.AverageStepsIn(training);

        bool IsTaken(string name) => hasSameClasses || !$".{name}".Contains(OfClasses, StringComparison.Ordinal);
    }
}
