using GanFunctions.Cli;
using GanFunctions.Functions.Archives;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Health;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Losses;
using GanFunctions.Functions.Mlflow;
using GanFunctions.Functions.Notices;
using GanFunctions.Functions.OpenApi;
using GanFunctions.Functions.Page;
using GanFunctions.Functions.Projections;
using GanFunctions.Functions.Runs;
using GanFunctions.Functions.Samples;
using GanFunctions.Functions.ShortWork;
using GanFunctions.Functions.Storage;
using GanFunctions.Functions.Sweeps;
using GanFunctions.Functions.Telemetry;
using GanFunctions.Functions.TensorBoard;
using GanFunctions.Functions.Terminal;
using GanFunctions.Functions.Training;

if (GanCommandLine.Handles(args)) return await GanCommandLine.RunAsync(args);
if (TrainArguments.AskForHelp(args)) return TrainUsage.Print();
return AppHost.Run(() =>
{
    var train = TrainArguments.Read(args);
    var builder = AppHost.CreateBuilder(train?.Settings ?? args);
    builder.Services
        .AddRequestLimits(builder.Configuration)
        .AddStorage()
        .AddShortWork()
        .AddNotices(builder.Configuration)
        .AddMlflow(builder.Configuration)
        .AddTraining()
        .AddRuns(builder.Configuration)
        .AddSweeps()
        .AddLosses()
        .AddSamples()
        .AddProjections()
        .AddCheckpoints()
        .AddArchives(builder.Configuration)
        .AddDatasets(builder.Configuration)
        .AddTensorBoard()
        .AddHealth()
        .AddOpenApi()
        .AddPage()
        .AddTelemetry(builder.Configuration)
        .AddTerminal(args, train);
    return builder.Build();
});
