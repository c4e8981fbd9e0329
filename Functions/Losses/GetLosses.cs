using System.Globalization;
using System.Text;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Losses;

/// <summary>One row of the loss log as the API shows it. <c>Step</c> is null for the mean of an epoch, which has the quality of its pictures too.</summary>
public sealed record LossView(
    int Attempt, int Epoch, int? Step, double? DiscriminatorLoss, double? GeneratorLoss, double? RealScore, double? FakeScore,
    double? ImagesPerSecond, DateTimeOffset Time, string? NonFinite, double? FrechetDistance, double? KernelDistance, double? Variety,
    double? RarestShare, double? ClassEntropy, double? Confidence);

/// <summary><c>GET /api/runs/{run}/losses</c>, as JSON or CSV.</summary>
public sealed class GetLosses(RunStore runs, LossLog losses)
{
    [Function(nameof(GetLosses))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/losses")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request.Query);
        var format = query.Choice("format", "json", "csv") ?? (Accepts(request, "text/csv") ? "csv" : "json");
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);

        var rows = await losses.ReadAsync(run, cancellation).Select(row => new LossView(
            row.Attempt(), row.Epoch(), row.Step(), row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore,
            row.ImagesPerSecond, row.Time, row.NonFinite, row.FrechetDistance, row.KernelDistance, row.Variety,
            row.RarestShare, row.ClassEntropy, row.Confidence)).ToListAsync(cancellation);
        return format == "csv"
            ? Results.Text(Csv(rows), "text/csv", Encoding.UTF8)
            : Results.Json(new { Run = run, Steps = rows.Where(row => row.Step is not null), Epochs = rows.Where(row => row.Step is null) }, OptionsReader.Json);
    }

    private static bool Accepts(HttpRequest request, string type) =>
        request.Headers.Accept.Any(value => value?.Contains(type, StringComparison.OrdinalIgnoreCase) == true);

    private static string Csv(IEnumerable<LossView> rows)
    {
        var text = new StringBuilder("attempt,epoch,step,discriminatorLoss,generatorLoss,realScore,fakeScore,imagesPerSecond,time,nonFinite,"
            + "frechetDistance,kernelDistance,variety,rarestShare,classEntropy,confidence\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Attempt},{row.Epoch},{row.Step},{row.DiscriminatorLoss},{row.GeneratorLoss},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RealScore},{row.FakeScore},{row.ImagesPerSecond},{row.Time:O},{row.NonFinite},");
            text.Append(CultureInfo.InvariantCulture, $"{row.FrechetDistance},{row.KernelDistance},{row.Variety},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RarestShare},{row.ClassEntropy},{row.Confidence}\n");
        }
        return text.ToString();
    }
}
