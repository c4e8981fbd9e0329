using System.Net.Http.Headers;
using System.Text;

namespace GanFunctions.Functions.Mlflow;

/// <summary>The MLflow tracking server of the environment variables that MLflow's own clients read.</summary>
/// <param name="Server">The server's address, with a slash at the end; null for no tracking.</param>
/// <param name="Experiment">The experiment that runs are logged to.</param>
/// <param name="Authorization">The credentials; null for none.</param>
public sealed record MlflowOptions(Uri? Server, string Experiment, AuthenticationHeaderValue? Authorization)
{
    private const string Uri = "MLFLOW_TRACKING_URI";
    private const string DefaultExperiment = "GanFunctions";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">The address is not valid; the message says what is valid.</exception>
    public static MlflowOptions From(IConfiguration configuration)
    {
        var experiment = configuration["MLFLOW_EXPERIMENT_NAME"] is { Length: > 0 } name ? name : DefaultExperiment;
        return new(ServerOf(configuration[Uri]), experiment, AuthorizationOf(configuration));
    }

    private static Uri? ServerOf(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return System.Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var server)
            && (server.Scheme == System.Uri.UriSchemeHttp || server.Scheme == System.Uri.UriSchemeHttps)
                ? server
                : throw new InvalidOperationException($"{Uri}: '{text}' is not valid; it must be the http or https address of an MLflow tracking server.");
    }

    private static AuthenticationHeaderValue? AuthorizationOf(IConfiguration configuration)
    {
        if (configuration["MLFLOW_TRACKING_USERNAME"] is { Length: > 0 } user)
        {
            var pair = Encoding.UTF8.GetBytes($"{user}:{configuration["MLFLOW_TRACKING_PASSWORD"]}");
            return new("Basic", Convert.ToBase64String(pair));
        }
        return configuration["MLFLOW_TRACKING_TOKEN"] is { Length: > 0 } token ? new("Bearer", token) : null;
    }
}
