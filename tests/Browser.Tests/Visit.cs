using System.Collections.Concurrent;

namespace GanFunctions.Browser.Tests;

/// <summary>A window with the page in it. When it closes, nothing may have gone wrong in it that nobody saw.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private string[] _expected = [];

    private Visit(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page, Address) = (context, page, address);
        // An answer that is an error is the server's to give and the page's to show; all else in the console is a fault of the page.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) Complain(message.Text);
        };
        page.PageError += (_, error) => Complain(error);
        page.Request += (_, request) =>
        {
            _requests.Enqueue(request.Url);
            var url = new Uri(request.Url);
            if (url.Scheme is "http" or "https" && url.Authority != address.Authority) Complain($"asked another server: {request.Url}");
        };
    }

    public IPage Page { get; }

    public Uri Address { get; }

    /// <summary>The addresses asked for so far.</summary>
    public IEnumerable<string> Requests => _requests;

    public static async Task<Visit> OpenAsync(IBrowserContext context, Uri address)
    {
        var visit = new Visit(context, await context.NewPageAsync(), address);
        context.SetDefaultTimeout((float)TestKit.Wait.Patience.TotalMilliseconds);
        await visit.Page.GotoAsync(address.ToString());
        return visit;
    }

    /// <summary>Goes to a view, such as <c>runs/first</c>.</summary>
    public Task ShowAsync(string view) => Page.EvaluateAsync("view => { location.hash = `#/${view}`; }", view);

    /// <summary>Complaints with any of these words in them are part of the test.</summary>
    public void Expect(params string[] words) => _expected = words;

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.Empty(_wrong);
    }

    private void Complain(string what)
    {
        if (!_expected.Any(words => what.Contains(words, StringComparison.Ordinal))) _wrong.Enqueue(what);
    }
}
