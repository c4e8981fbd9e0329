using System.Data.Common;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Telemetry;

/// <summary>Exports training telemetry to Application Insights. The host exports the logs by itself.</summary>
public static class TelemetryServices
{
    private const string ConnectionSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string AuthenticationSetting = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"; // read by the Functions host too

    /// <summary>Registers the export of traces and metrics if the connection string of Application Insights is set.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (string.IsNullOrEmpty(configuration[ConnectionSetting])) return services;
        void Export(AzureMonitorExporterOptions options)
        {
            options.ConnectionString = configuration[ConnectionSetting];
            (options.SamplingRatio, options.TracesPerSecond) = (1, null); // a span per slice and commit: few enough to export all of them
            options.Credential = Identity(configuration[AuthenticationSetting]);
        }
        services.AddOpenTelemetry()
            .WithTracing(traces => traces.AddSource(TrainingTelemetry.Name).AddAzureMonitorTraceExporter(Export))
            .WithMetrics(metrics => metrics.AddMeter(TrainingTelemetry.Name).AddAzureMonitorMetricExporter(Export));
        return services;
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
