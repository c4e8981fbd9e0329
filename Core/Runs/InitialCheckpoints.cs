using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>A checkpoint to start a run from.</summary>
/// <param name="From">The option, resolved to the files.</param>
/// <param name="Generator">The <c>generator</c> file.</param>
/// <param name="Training">The <c>training</c> file; null if it is no longer stored.</param>
public sealed record InitialCheckpoint(InitFrom From, byte[] Generator, byte[]? Training);

/// <summary>Resolves <see cref="TrainingOptions.InitFrom"/> at the start of a run.</summary>
public sealed class InitialCheckpoints(RunStore runs, CheckpointStore checkpoints, InitialFiles files)
{
    private const int MaxListed = 10;
    private const string RunField = "initFrom.run";
    private const string EpochField = "initFrom.epoch";

    /// <summary>The options that determine the networks, as the run has them that a request starts from: the defaults of the new run.</summary>
    /// <param name="given">The user's options.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <returns>The options by name; none if <paramref name="given"/> names no run that exists.</returns>
    public async Task<JsonObject> FindNetworksAsync(JsonObject given, CancellationToken cancellation)
    {
        if ((given["initFrom"] as JsonObject)?["run"] is not JsonValue value || !value.TryGetValue<string>(out var run)) return [];
        if (!ResourceId.IsValid(run) || await runs.FindAsync(run, cancellation) is not { Options: var source }) return [];
        var preset = Presets.NetworksOf(source.Preset) == NetworkFamily.Compact ? Preset.Compact : Preset.Dcgan; // rather than the tutorial's step
        return new()
        {
            ["preset"] = JsonSerializer.SerializeToNode(preset, Json.Options),
            ["widthMultiplier"] = source.WidthMultiplier,
            ["hiddenUnits"] = source.HiddenUnits,
        };
    }

    /// <summary>Finds the newest intact checkpoint that a request names, and reads it.</summary>
    /// <param name="given">The user's option.</param>
    /// <param name="problems">Receives what is wrong, by name of the field; each names the given value and what is valid.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <returns>The checkpoint; null if there is none.</returns>
    public async Task<InitialCheckpoint?> FindAsync(InitFrom given, SortedDictionary<string, string[]> problems, CancellationToken cancellation)
    {
        if (await runs.FindAsync(given.Run, cancellation) is null or { Phase: Phase.Deleting })
        {
            problems[RunField] = [$"{RunField}: \"{given.Run}\" is not valid; there is no such run. {await TrainedRunsAsync(cancellation)}"];
            return null;
        }
        var stored = await checkpoints.ListFilesAsync(given.Run, cancellation); // retention keeps only some training states
        var refused = Refusal.NoCheckpoint;
        await foreach (var manifest in checkpoints.CandidatesAsync(given.Run, epoch: null, cancellation))
        {
            if (WhyNot(given, manifest) is { } mismatch)
            {
                if (mismatch > refused) refused = mismatch;
                continue;
            }
            if (given.Epoch is not null && !stored.Contains(manifest.Generator.Sha256))
            {
                refused = Refusal.Dropped;
                continue;
            }
            var training = stored.Contains(manifest.Training.Sha256)
                ? await checkpoints.TryReadAsync(given.Run, manifest, manifest.Training, cancellation)
                : null;
            refused = given.Training is not null && training is null ? Refusal.Training : Refusal.Damage;
            if (training is null && (given.Epoch is null || given.Training is not null)) continue; // the latest checkpoint has to be whole
            if (await checkpoints.TryReadAsync(given.Run, manifest, manifest.Generator, cancellation) is not { } generator) continue;
            return new(
                new(given.Run, manifest.Epoch, manifest.Generator.Sha256, training is null ? null : manifest.Training.Sha256), generator, training);
        }
        var (field, value, valid) = await DescribeAsync(refused, given, stored, cancellation);
        problems[field] = [$"{field}: {value} is not valid; {valid}."];
        return null;
    }

    /// <summary>Checks that a run could start from a checkpoint: loads the weights into networks such as the run would have.</summary>
    /// <param name="initial">The checkpoint.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="data">The run's data set.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static void CheckFit(InitialCheckpoint initial, TrainingOptions options, DatasetInfo data, SortedDictionary<string, string[]> problems)
    {
        if (data is not { Height: { } side, Channels: { } channels }) return;
        var shape = new PictureShape(side, channels);
        if (!Presets.NetworksOf(options.Preset).Supports(shape)) return; // which is a problem of the preset, and reported as such
        var labels = ClassLabels.None;
        if (options.Conditional && data.Classes >= TrainingOptions.MinClasses)
        {
            var known = data.Labels ?? [.. Enumerable.Range(0, data.Classes.Value)];
            labels = ClassLabels.Of([.. known.Select(label => (byte)label)], data.ClassNames);
        }
        try
        {
            using var networks = new GanNetworks(options, Precision.Fp32, new RunRandom(options.Seed, 0), shape, labels);
            InitialWeights.Load(networks, initial.Generator, initial.Training, options.EmaDecay);
        }
        catch (InvalidDataException problem)
        {
            problems.TryAdd(RunField,
                [$"{RunField}: \"{initial.From.Run}\" is not valid with the data set {data.Name}, whose pictures are {shape}: {problem.Message.TrimEnd('.')}. "
                    + "It must be a run on pictures of the same size and channels, with the same networks, widthMultiplier and hiddenUnits."]);
        }
    }

    /// <summary>Copies the files of a checkpoint to a run that is about to start, so that it does not need the other run any more.</summary>
    public Task CopyAsync(InitialCheckpoint initial, string run, CancellationToken cancellation) =>
        files.SaveAsync(run, initial.Generator, initial.Training, cancellation);

    // Why no checkpoint is what a request names: that which comes closest to it decides.
    private enum Refusal { NoCheckpoint, Epoch, Generator, Training, Dropped, Damage }

    private static Refusal? WhyNot(InitFrom given, Manifest manifest)
    {
        // A checkpoint within an epoch has no number: only the latest one, or its hash, refers to it.
        if (given.Epoch is { } epoch && (manifest.Epoch != epoch || !(manifest.IsEpochEnd || given.Generator is not null))) return Refusal.Epoch;
        if (given.Generator is { } generator && manifest.Generator.Sha256 != generator) return Refusal.Generator;
        return given.Training is { } training && manifest.Training.Sha256 != training ? Refusal.Training : null;
    }

    private async Task<(string Field, string Value, string Valid)> DescribeAsync(
        Refusal refusal, InitFrom given, IReadOnlySet<string> stored, CancellationToken cancellation)
    {
        var epochs = (await checkpoints.ListAsync(given.Run, cancellation))
            .Where(manifest => manifest.IsEpochEnd && stored.Contains(manifest.Generator.Sha256)).Select(manifest => manifest.Epoch);
        var epochsWithOne = $"an epoch of the run {given.Run} with a checkpoint: {EpochRanges.Of([.. epochs.Distinct().Order()])}";
        var (run, epoch) = ($"\"{given.Run}\"", given.Epoch?.ToString(CultureInfo.InvariantCulture) ?? "");
        return refusal switch
        {
            Refusal.NoCheckpoint => (RunField, run, $"it has no checkpoint yet. {await TrainedRunsAsync(cancellation)}".TrimEnd('.')),
            Refusal.Epoch => (EpochField, epoch, $"it must be {epochsWithOne}"),
            Refusal.Generator => ("initFrom.generator", $"\"{given.Generator}\"", "that checkpoint has another SHA-256; leave it out to take it as it is"),
            Refusal.Training => ("initFrom.training", $"\"{given.Training}\"", "that state is no longer stored; leave it out, and the discriminator starts afresh"),
            Refusal.Dropped => (EpochField, epoch, $"its generator is no longer stored; it must be {epochsWithOne}"),
            _ when given.Epoch is null => (RunField, run, "none of its checkpoints is intact"),
            _ => (EpochField, epoch, $"its checkpoint is damaged; it must be {epochsWithOne}"),
        };
    }

    private async Task<string> TrainedRunsAsync(CancellationToken cancellation)
    {
        var trained = await runs.ListAsync(cancellation).Where(row => row is { Checkpoint: not null, Phase: not Phase.Deleting })
            .OrderByDescending(row => row.CreatedAt).Select(row => row.RowKey).Take(MaxListed + 1).ToListAsync(cancellation);
        if (trained.Count == 0) return "No run has a checkpoint yet.";
        return $"Runs with a checkpoint: {string.Join(", ", trained.Take(MaxListed))}{(trained.Count > MaxListed ? ", and older ones" : "")}.";
    }
}
