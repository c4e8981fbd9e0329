using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Demo;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Page;
using GanFunctions.Functions.Samples;
using GanFunctions.Functions.Storage;
using GanFunctions.Functions.Telemetry;
using GanFunctions.Functions.Training;

var builder = AppHost.CreateBuilder(args);
builder.Services
    .AddRequestLimits(builder.Configuration)
    .AddStorage()
    .AddTraining(builder.Configuration)
    .AddUploads()
    .AddSampling()
    .AddCheckpoints()
    .AddPage()
    .AddTelemetry(builder.Configuration)
    .AddWelcomeOrDemo(args);
builder.Build().Run();
