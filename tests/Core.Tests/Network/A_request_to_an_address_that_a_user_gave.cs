using System.Net;
using GanFunctions.Core.Network;
using GanFunctions.Core.Tests.Data;

namespace GanFunctions.Core.Tests.Network;

public sealed class A_request_to_an_address_that_a_user_gave
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task Does_not_reach_this_machine(string host)
    {
        await using var server = await MirrorServer.WithoutFilesAsync();
        using var http = Client(allowPrivate: false);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new UriBuilder(server.Folder) { Host = host }.Uri, Cancellation));

        Assert.StartsWith($"{host} is in a private network (setting Allow)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Does_not_follow_a_redirection_unless_that_is_allowed()
    {
        await using var server = await MirrorServer.ThatAnswersAsync(context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        using var http = Client(allowPrivate: true);

        using var answer = await http.GetAsync(server.Folder, Cancellation);

        Assert.Equal((HttpStatusCode.Found, 1), (answer.StatusCode, server.Requests));
    }

    private static HttpClient Client(bool allowPrivate) => new(PublicNetwork.CreateHandler(allowPrivate, "Allow", maxRedirections: 0));
}
