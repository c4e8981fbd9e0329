// A minimal app for tests to kill.
using GanFunctions.EmbeddedHost;
using Microsoft.Extensions.Hosting;

var builder = EmbeddedApplication.CreateBuilder(args);
builder.Build().Run();
