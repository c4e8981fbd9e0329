using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Training;

/// <summary>What trains.</summary>
public static class TrainingServices
{
    /// <summary>Registers data sets, training, and what starts it.</summary>
    public static IServiceCollection AddTraining(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(configuration.GetSection("Datasets").Get<DatasetOptions>() ?? new DatasetOptions());
        // The catalog has time-outs of its own, and says itself what it tried.
        services.AddHttpClient(nameof(DatasetCatalog), client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllLoggers();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DatasetCatalog>(
            provider, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(DatasetCatalog))));
        services.AddSingleton<QualityReferenceStore>();
        services.AddSingleton<TrainingTelemetry>();
        services.AddSingleton<TrainingSlice>();
        services.AddSingleton<RunLifecycle>();
        services.AddSingleton(TaskHubName.From(configuration));
        services.AddSingleton<RunStarter>();
        return services.AddHostedService<Recovery>();
    }
}
