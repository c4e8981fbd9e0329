using System.Net;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Pictures_with_truncated_noise(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Vary_less_and_are_all_the_same_at_zero()
    {
        await app.Http.TrainedAsync("tiny");

        Assert.Equal(await DrawAsync(""), await DrawAsync("&truncation=1"));
        Assert.NotEqual(await DrawAsync(""), await DrawAsync("&truncation=0.5"));
        var one = Cells(await DrawAsync("&truncation=0"));
        Assert.All(one, cell => Assert.Equal(one[0], cell));
        Assert.Equal(await WalkAsync("seeds=1,2"), await WalkAsync("seeds=3,4"));

        async Task<byte[]> WalkAsync(string seeds) =>
            await app.Http.GetByteArrayAsync($"api/runs/tiny/walk?{seeds}&count=1&frames=2&truncation=0", Cancellation);

        async Task<byte[]> DrawAsync(string query) =>
            await app.Http.GetByteArrayAsync($"api/runs/tiny/samples?count=4&columns=1&scale=1&format=npy{query}", Cancellation);

        static byte[][] Cells(byte[] npy) => [.. npy[^(4 * 784)..].Chunk(784)];
    }

    [Theory]
    [InlineData("1.01")]
    [InlineData("-0.1")]
    [InlineData("half")]
    public async Task Are_refused_for_other_numbers(string truncation)
    {
        using var refused = await app.Http.GetAsync($"api/runs/tiny/samples?truncation={truncation}", Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal($"truncation: '{truncation}' is not valid; it must be a number from 0 to 1.", (string)(await refused.ReadAsync())["detail"]!);
    }
}
