using System.Buffers.Text;
using System.Text.Json;
using GanFunctions.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_with_an_identity
{
    private const string ClientId = "7c1f2f0e-94a5-4b0b-9d8e-2f2c3a5c5a11";

    [Fact]
    public async Task Trains_on_a_storage_account_that_accepts_no_keys()
    {
        using var certificate = new LocalCertificate();
        await using var storage = await AzuriteFixture.StartAsync((certificate.Path, certificate.KeyPath));
        await using var identities = await ManagedIdentities.StartAsync();
        await using var app = AppProcess.Start(App.Dll, ["--urls", "http://127.0.0.1:0"], new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage__blobServiceUri"] = $"https://127.0.0.1:{storage.Azurite.Options.BlobPort}/devstoreaccount1",
            ["AzureWebJobsStorage__queueServiceUri"] = $"https://127.0.0.1:{storage.Azurite.Options.QueuePort}/devstoreaccount1",
            ["AzureWebJobsStorage__tableServiceUri"] = $"https://127.0.0.1:{storage.Azurite.Options.TablePort}/devstoreaccount1",
            ["AzureWebJobsStorage__credential"] = "managedidentity",
            ["AzureWebJobsStorage__clientId"] = ClientId,
            ["IDENTITY_ENDPOINT"] = identities.Endpoint,
            ["IDENTITY_HEADER"] = ManagedIdentities.Header,
            ["SSL_CERT_FILE"] = certificate.Path,
        });
        var http = await app.WaitUntilListeningAsync();

        await Bars.UploadedAsync(http);
        using var started = await http.StartAsync(ApiCalls.Tiny("with-identity", Bars.Name));
        await http.UntilAsync("with-identity", "completed");

        Assert.Contains(ClientId, identities.Asked);
    }

    [Fact]
    public async Task Names_the_missing_setting_if_the_service_URIs_are_incomplete()
    {
        await using var app = AppProcess.Start(App.Dll, ["--urls", "http://127.0.0.1:0"], new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage__blobServiceUri"] = "https://account.blob.core.windows.net",
            ["AzureWebJobsStorage__queueServiceUri"] = "https://account.queue.core.windows.net",
        });
        var line = await app.WaitForLineAsync("The setting AzureWebJobsStorage is missing");
        Assert.Contains("AzureWebJobsStorage__tableServiceUri", line.Text, StringComparison.Ordinal);
    }

    /// <summary>A stand-in for the managed identity endpoint of App Service (protocol version 2019-08-01).</summary>
    private sealed class ManagedIdentities : IAsyncDisposable
    {
        public const string Header = "only-for-this-app";
        private readonly WebApplication _server;

        private ManagedIdentities(WebApplication server) => _server = server;

        /// <summary>Client ids for which tokens were requested.</summary>
        public System.Collections.Concurrent.ConcurrentBag<string> Asked { get; } = [];

        public string Endpoint => _server.Urls.Single() + "/msi/token";

        public static async Task<ManagedIdentities> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var identities = new ManagedIdentities(builder.Build());
            identities._server.MapGet("/msi/token", (HttpRequest request) =>
            {
                if (request.Headers["X-IDENTITY-HEADER"] != Header) return Results.Unauthorized();
                identities.Asked.Add(request.Query["client_id"].ToString());
                var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
                return Results.Json(new
                {
                    access_token = Token(request.Query["resource"].ToString(), now),
                    expires_on = now + 3600,
                    resource = request.Query["resource"].ToString(),
                    token_type = "Bearer",
                });
            });
            await identities._server.StartAsync();
            return identities;
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        private static string Token(string audience, long now)
        {
            var parts = new object[]
            {
                new { alg = "none", typ = "JWT" },
                new { aud = audience, iss = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/", iat = now, nbf = now - 60, exp = now + 3600 },
            };
            return string.Join('.', parts.Select(part => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part)))) + ".unsigned";
        }
    }
}
