using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>The state of an instance. Whoever appends to its history replaces this row in the same transaction, with If-Match.</summary>
internal sealed record InstanceRow
{
    public required string InstanceId { get; init; }

    public required string Name { get; init; }

    public OrchestrationRuntimeStatus Status { get; init; } = OrchestrationRuntimeStatus.Pending;

    /// <summary>Counts the times it continued as new; history rows of another execution are leftovers.</summary>
    public int Execution { get; init; } = 1;

    /// <summary>Tells apart two instances that had the same id one after the other.</summary>
    public required string Incarnation { get; init; }

    /// <summary>The owner that has written it last. A newer owner raises it, which ends every older one's ETag.</summary>
    public long Epoch { get; init; }

    public int NextSequence { get; init; } = 1;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastUpdatedAt { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    public StoredPayload Input { get; init; }

    public StoredPayload Output { get; init; }

    public StoredPayload Failure { get; init; }

    public StoredPayload CustomStatus { get; init; }

    public ETag ETag { get; init; }

    public bool IsFinished => Status
        is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    public TableEntity ToEntity()
    {
        var entity = new TableEntity(InstanceId, RowKeys.Instance)
        {
            [nameof(Name)] = Name,
            [nameof(Status)] = Status.ToString(),
            [nameof(Execution)] = Execution,
            [nameof(Incarnation)] = Incarnation,
            [nameof(Epoch)] = Epoch,
            [nameof(NextSequence)] = NextSequence,
            [nameof(CreatedAt)] = CreatedAt,
            [nameof(LastUpdatedAt)] = LastUpdatedAt,
            [nameof(StartAt)] = StartAt,
        };
        Input.WriteTo(entity, nameof(Input));
        Output.WriteTo(entity, nameof(Output));
        Failure.WriteTo(entity, nameof(Failure));
        CustomStatus.WriteTo(entity, nameof(CustomStatus));
        return entity;
    }

    public static InstanceRow From(TableEntity entity) => new()
    {
        InstanceId = entity.PartitionKey,
        Name = entity.GetString(nameof(Name)),
        Status = Enum.Parse<OrchestrationRuntimeStatus>(entity.GetString(nameof(Status))),
        Execution = entity.GetInt32(nameof(Execution))!.Value,
        Incarnation = entity.GetString(nameof(Incarnation)),
        Epoch = entity.GetInt64(nameof(Epoch))!.Value,
        NextSequence = entity.GetInt32(nameof(NextSequence))!.Value,
        CreatedAt = entity.GetDateTimeOffset(nameof(CreatedAt))!.Value,
        LastUpdatedAt = entity.GetDateTimeOffset(nameof(LastUpdatedAt))!.Value,
        StartAt = entity.GetDateTimeOffset(nameof(StartAt)),
        Input = StoredPayload.ReadFrom(entity, nameof(Input)),
        Output = StoredPayload.ReadFrom(entity, nameof(Output)),
        Failure = StoredPayload.ReadFrom(entity, nameof(Failure)),
        CustomStatus = StoredPayload.ReadFrom(entity, nameof(CustomStatus)),
        ETag = entity.ETag,
    };
}
