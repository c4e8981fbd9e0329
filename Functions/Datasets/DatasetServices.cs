using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;




namespace GanFunctions.Functions.Datasets;

/// <summary>What takes uploads in.</summary>
public static class DatasetServices
{
    /// <summary>Registers uploads and their conversion.</summary>
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        VipsSettings.Apply();
        services.AddSingleton<ConversionStore>();
        services.AddSingleton<UploadStaging>();
        services.AddSingleton<FindRunOn>(provider => async (dataset, cancellation) =>
            (await provider.GetRequiredService<RunStore>().FindOnAsync(dataset, cancellation))?.RowKey);
        services.AddSingleton<UploadConversion>();
        return services.AddSingleton<ConversionStarter>();
    }
}
