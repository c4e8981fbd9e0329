using Azure.Data.Tables;
using GanFunctions.Core.Runs;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Runs;

/// <summary>Tests that have a table of runs of their own.</summary>
public abstract class RunTableTests(AzuriteFixture azurite) : IAsyncLifetime
{
    private readonly string _name = "Runs" + Guid.NewGuid().ToString("N");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The rows of a storage account that does not answer.</summary>
    protected static RunStore UnreachableRuns { get; } = new(new TableClient(
        new Uri("http://127.0.0.1:1/account"), "none", new TableSharedKeyCredential("account", ""), new TableClientOptions { Retry = { MaxRetries = 0 } }));

    protected RunStore Runs => new(Table());

    public virtual async ValueTask InitializeAsync() => await Table().CreateAsync(Cancellation);

    public virtual async ValueTask DisposeAsync()
    {
        await Table().DeleteAsync(CancellationToken.None);
        GC.SuppressFinalize(this);
    }

    protected TableClient Table(TableClientOptions? options = null) => new(azurite.ConnectionString, _name, options);

    /// <summary>The row of the run "a".</summary>
    protected async Task<RunRow> RowAsync() => (await Runs.FindAsync("a", Cancellation))!;

    /// <summary>Changes the row of the run "a".</summary>
    protected Task ChangeAsync(Action<RunRow> change) => Runs.UpdateAsync("a", row =>
    {
        change(row);
        return true;
    }, Cancellation);
}
