using System.Runtime.CompilerServices;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>Lists instances. The table filters and pages; its continuation token is the caller's.</summary>
internal sealed class InstanceQueries(HubStorage hub, InstanceTable instances, Payloads payloads)
{
    private const int LargestPage = 1000;
    private static readonly string[] FinishedStatuses =
        [nameof(OrchestrationRuntimeStatus.Completed), nameof(OrchestrationRuntimeStatus.Failed), nameof(OrchestrationRuntimeStatus.Terminated)];

    public AsyncPageable<OrchestrationMetadata> List(OrchestrationQuery query) => new Listing(this, query);

    public async IAsyncEnumerable<InstanceRow> FinishedAsync(
        PurgeInstancesFilter filter, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await hub.EnsureCreatedAsync();
        var wanted = filter.Statuses?.Select(status => status.ToString()).Intersect(FinishedStatuses) ?? FinishedStatuses;
        var text = Filter(filter.CreatedFrom, filter.CreatedTo, [.. wanted], null);
        await foreach (var entity in instances.Query(text, LargestPage, cancellation))
        {
            yield return InstanceRow.From(entity);
        }
    }

    public async Task<OrchestrationMetadata> DescribeAsync(InstanceRow row, bool withPayloads, CancellationToken cancellation) => new(row.Name, row.InstanceId)
    {
        RuntimeStatus = row.Status,
        CreatedAt = row.CreatedAt,
        LastUpdatedAt = row.LastUpdatedAt,
        HasInputsAndOutputs = withPayloads,
        SerializedInput = withPayloads ? await payloads.ReadAsync(row.Input, cancellation) : null,
        SerializedOutput = withPayloads ? await payloads.ReadAsync(row.Output, cancellation) : null,
        SerializedCustomStatus = withPayloads ? await payloads.ReadAsync(row.CustomStatus, cancellation) : null,
        FailureDetails = withPayloads ? DurableJson.Read<TaskFailureDetails>(await payloads.ReadAsync(row.Failure, cancellation)) : null,
    };

    private static string Filter(DateTimeOffset? from, DateTimeOffset? to, string[]? statuses, string? prefix)
    {
        List<string> conditions = [$"RowKey eq '{RowKeys.Instance}'"];
        if (from is { } earliest)
        {
            conditions.Add(TableClient.CreateQueryFilter($"CreatedAt ge {earliest}"));
        }

        if (to is { } latest)
        {
            conditions.Add(TableClient.CreateQueryFilter($"CreatedAt le {latest}"));
        }

        if (statuses is not null)
        {
            var any = statuses.Select(status => $"Status eq '{status}'").DefaultIfEmpty("Status eq 'none'");
            conditions.Add($"({string.Join(" or ", any)})");
        }

        if (!string.IsNullOrEmpty(prefix))
        {
            conditions.Add(TableClient.CreateQueryFilter($"PartitionKey ge {prefix} and PartitionKey lt {prefix + '\uffff'}"));
        }

        return string.Join(" and ", conditions);
    }

    private sealed class Listing(InstanceQueries owner, OrchestrationQuery query) : AsyncPageable<OrchestrationMetadata>
    {
        public override IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
            PagesAsync(continuationToken ?? query.ContinuationToken, pageSizeHint ?? query.PageSize);

        private async IAsyncEnumerable<Page<OrchestrationMetadata>> PagesAsync(
            string? token, int size, [EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await owner.EnsureCreatedAsync();
            size = Math.Clamp(size, 1, LargestPage);
            var filter = Filter(
                query.CreatedFrom, query.CreatedTo, query.Statuses?.Select(status => status.ToString()).ToArray(), query.InstanceIdPrefix);
            await foreach (var page in owner.Query(filter, size, cancellation).AsPages(token, size))
            {
                List<OrchestrationMetadata> values = [];
                foreach (var entity in page.Values)
                {
                    values.Add(await owner.DescribeAsync(InstanceRow.From(entity), query.FetchInputsAndOutputs, cancellation));
                }

                // The service may end a page early, even with nothing on it, when a filter makes it look far.
                var next = string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;
                if (values.Count > 0 || next is null)
                {
                    yield return new(values, next);
                }
            }
        }
    }

    private Task EnsureCreatedAsync() => hub.EnsureCreatedAsync();

    private Azure.AsyncPageable<TableEntity> Query(string filter, int size, CancellationToken cancellation) =>
        instances.Query(filter, size, cancellation);
}
