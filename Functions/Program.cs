using GanFunctions.Functions.Demo;
using GanFunctions.Functions.Samples;
using GanFunctions.Functions.Storage;
using GanFunctions.Functions.Training;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Services
    .AddStorage(builder.Configuration)
    .AddTraining(builder.Configuration)
    .AddSampling()
    .AddWelcomeOrDemo(args);
builder.Build().Run();
