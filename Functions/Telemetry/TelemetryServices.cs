using System.Data.Common;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using GanFunctions.Core.Runs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace GanFunctions.Functions.Telemetry;

/// <summary>
/// Exports traces and metrics to Application Insights, to an OpenTelemetry collector, or to both. The host exports the logs by itself.
/// </summary>
public static class TelemetryServices
{
    private const string ConnectionSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string AuthenticationSetting = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"; // read by the Functions host too
    private const string CollectorSetting = "OTEL_EXPORTER_OTLP_ENDPOINT"; // the exporter reads it, and the other variables of OpenTelemetry

    private const string Orchestrations = "DurableTask.Core";
    private const string Invocations = "Microsoft.Azure.Functions.Worker"; // on the Functions host: the parents of the spans of an activity

    /// <summary>Registers the export of traces and metrics if the connection string of Application Insights or the address of a collector is set.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration[ConnectionSetting]))
        {
            services.AddOpenTelemetry()
                .WithTracing(traces => traces.AddSource(TrainingTelemetry.Name, Orchestrations, Invocations).AddAzureMonitorTraceExporter(Export))
                .WithMetrics(metrics => metrics.AddMeter(TrainingTelemetry.Name).AddAzureMonitorMetricExporter(Export));
        }
        if (!string.IsNullOrEmpty(configuration[CollectorSetting]))
        {
            services.AddOpenTelemetry()
                .WithTracing(traces => traces.AddSource(TrainingTelemetry.Name, Orchestrations, Invocations)
                    .AddAspNetCoreInstrumentation() // Application Insights has the requests from the Functions host
                    .AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddMeter(TrainingTelemetry.Name).AddOtlpExporter());
        }
        return services;

        void Export(AzureMonitorExporterOptions options)
        {
            options.ConnectionString = configuration[ConnectionSetting];
            (options.SamplingRatio, options.TracesPerSecond) = (1, null); // a few spans per slice: few enough to export all of them
            options.Credential = Identity(configuration[AuthenticationSetting]);
        }
    }

    /// <summary>The identity of <c>Authorization=AAD;ClientId=...</c>, or null if the connection string suffices.</summary>
    private static ManagedIdentityCredential? Identity(string? authentication)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = authentication ?? "" };
        if (!parts.TryGetValue("Authorization", out var scheme) || !"AAD".Equals(scheme as string, StringComparison.OrdinalIgnoreCase)) return null;
        return new ManagedIdentityCredential(parts.TryGetValue("ClientId", out var client)
            ? ManagedIdentityId.FromUserAssignedClientId((string)client)
            : ManagedIdentityId.SystemAssigned);
    }
}
