using System.Text.Json.Serialization;
using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Losses;

/// <summary>
/// A row of the loss log. Row keys sort by attempt, epoch and step, with the summary of an epoch after its steps. NaN and infinite values,
/// which Table Storage does not accept, are omitted, and <see cref="NonFinite"/> names their columns.
/// </summary>
public sealed class LossRow : ITableEntity
{
    private const string Summary = "epoch";

    /// <summary>The run's id.</summary>
    [JsonIgnore]
    public string PartitionKey { get; set; } = "";

    /// <summary><c>attempt-epoch-step</c>, zero padded, or <c>attempt-epoch-epoch</c> for the summary.</summary>
    public string RowKey { get; set; } = "";

    /// <inheritdoc/>
    [JsonIgnore]
    public DateTimeOffset? Timestamp { get; set; }

    /// <inheritdoc/>
    [JsonIgnore]
    public ETag ETag { get; set; }

    /// <summary>Discriminator loss, in nats.</summary>
    public double? DiscriminatorLoss { get; set; }

    /// <summary>Generator loss, in nats.</summary>
    public double? GeneratorLoss { get; set; }

    /// <summary>D(x): the mean probability that the discriminator assigns to real pictures being real.</summary>
    public double? RealScore { get; set; }

    /// <summary>D(G(z)): the same for generated pictures.</summary>
    public double? FakeScore { get; set; }

    /// <summary>Training speed, in real pictures per second.</summary>
    public double? ImagesPerSecond { get; set; }

    /// <summary>See <see cref="PictureQuality"/>; only in the summary of an epoch, if quality was measured.</summary>
    public double? FrechetDistance { get; set; }

    /// <inheritdoc cref="FrechetDistance"/>
    public double? KernelDistance { get; set; }

    /// <inheritdoc cref="FrechetDistance"/>
    public double? Variety { get; set; }

    /// <summary>
    /// See <see cref="PictureQuality"/>; only in the summary of an epoch, if quality was measured. Null in rows of earlier versions.
    /// </summary>
    public double? Precision { get; set; }

    /// <inheritdoc cref="Precision"/>
    public double? Recall { get; set; }

    /// <inheritdoc cref="Precision"/>
    public double? Density { get; set; }

    /// <inheritdoc cref="Precision"/>
    public double? Coverage { get; set; }

    /// <summary>
    /// See <see cref="ClassCoverage"/>; only in the summary of an epoch, if quality was measured and the data set has labels.
    /// </summary>
    public double? RarestShare { get; set; }

    /// <inheritdoc cref="RarestShare"/>
    public double? ClassEntropy { get; set; }

    /// <inheritdoc cref="RarestShare"/>
    public double? Confidence { get; set; }

    /// <summary>When the step or the epoch was logged.</summary>
    public DateTimeOffset Time { get; set; }

    /// <summary>Names of the columns whose values were NaN or infinite, separated by spaces.</summary>
    public string? NonFinite { get; set; }

    /// <summary>A row with the losses of a step.</summary>
    public static LossRow OfStep(string run, int attempt, int epoch, int step, StepLosses losses, double speed, DateTimeOffset time) =>
        New(run, $"{FirstKey(attempt, epoch)}-{step:D6}", losses, speed, time);

    /// <summary>The summary of an epoch: its mean losses and the quality of its pictures.</summary>
    public static LossRow OfEpoch(
        string run, int attempt, int epoch, StepLosses losses, double speed, DateTimeOffset time, PictureQuality? quality = null)
    {
        var row = New(run, $"{FirstKey(attempt, epoch)}-{Summary}", losses, speed, time);
        (row.FrechetDistance, row.KernelDistance, row.Variety) = (quality?.FrechetDistance, quality?.KernelDistance, quality?.Variety);
        (row.Precision, row.Recall, row.Density, row.Coverage) = (quality?.Precision, quality?.Recall, quality?.Density, quality?.Coverage);
        var classes = quality?.Classes;
        (row.RarestShare, row.ClassEntropy, row.Confidence) = (classes?.RarestShare, classes?.Entropy, classes?.Confidence);
        return row;
    }

    /// <summary>A key that sorts directly before the row keys of an epoch in an attempt.</summary>
    public static string FirstKey(int attempt, int epoch) => $"{attempt:D3}-{epoch:D5}";

    /// <summary>Rollbacks before the step.</summary>
    public int Attempt() => Part(0);

    /// <summary>The epoch, from 1.</summary>
    public int Epoch() => Part(1);

    /// <summary>The step; null for the summary of an epoch.</summary>
    public int? Step() => RowKey.EndsWith(Summary, StringComparison.Ordinal) ? null : Part(2);

    private int Part(int index) => int.Parse(RowKey.Split('-')[index], System.Globalization.CultureInfo.InvariantCulture);

    private static LossRow New(string run, string key, StepLosses losses, double speed, DateTimeOffset time)
    {
        var row = new LossRow { PartitionKey = run, RowKey = key, Time = time };
        var missing = new List<string>();
        row.DiscriminatorLoss = Finite(losses.Discriminator, nameof(DiscriminatorLoss), missing);
        row.GeneratorLoss = Finite(losses.Generator, nameof(GeneratorLoss), missing);
        row.RealScore = Finite(losses.RealScore, nameof(RealScore), missing);
        row.FakeScore = Finite(losses.FakeScore, nameof(FakeScore), missing);
        row.ImagesPerSecond = Finite(speed, nameof(ImagesPerSecond), missing);
        row.NonFinite = missing.Count == 0 ? null : string.Join(' ', missing);
        return row;
    }

    private static double? Finite(double value, string column, List<string> missing)
    {
        if (double.IsFinite(value)) return value;
        missing.Add(char.ToLowerInvariant(column[0]) + column[1..]);
        return null;
    }
}
