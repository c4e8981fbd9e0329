using System.Collections.Concurrent;

namespace GanFunctions.Browser.Tests;

/// <summary>A browser context with the page open. Disposing it fails the test on any unexpected error in the page.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private string[] _allowed = [];

    private Visit(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page, Address) = (context, page, address);
        // The page handles error responses, which the browser logs as failed resources. Anything else in the console is a bug of the page.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) Record(message.Text);
        };
        page.PageError += (_, error) => Record(error);
        page.Request += (_, request) =>
        {
            _requests.Enqueue(request.Url);
            var url = new Uri(request.Url);
            if (url.Scheme is "http" or "https" && url.Authority != address.Authority) Record($"request to another server: {request.Url}");
        };
    }

    public IPage Page { get; }

    public Uri Address { get; }

    /// <summary>The URLs requested so far.</summary>
    public IEnumerable<string> Requests => _requests;

    public static async Task<Visit> OpenAsync(IBrowserContext context, Uri address)
    {
        var visit = new Visit(context, await context.NewPageAsync(), address);
        context.SetDefaultTimeout((float)TestKit.Wait.Patience.TotalMilliseconds);
        await visit.Page.GotoAsync(address.ToString());
        return visit;
    }

    /// <summary>Navigates to a view, such as <c>runs/first</c>.</summary>
    public Task ShowAsync(string view) => Page.EvaluateAsync("view => { location.hash = `#/${view}`; }", view);

    /// <summary>Allows errors that contain any of these texts.</summary>
    public void Allow(params string[] texts) => _allowed = texts;

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.Empty(_errors);
    }

    private void Record(string error)
    {
        if (!_allowed.Any(text => error.Contains(text, StringComparison.Ordinal))) _errors.Enqueue(error);
    }
}
