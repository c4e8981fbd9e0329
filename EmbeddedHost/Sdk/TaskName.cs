namespace GanFunctions.EmbeddedHost;

/// <summary>The name of an orchestrator or an activity.</summary>
public readonly record struct TaskName
{
    public TaskName(string name) => Name = name;

    public string Name { get; }

    public static implicit operator string(TaskName value) => value.Name;

    public static implicit operator TaskName(string value) => string.IsNullOrEmpty(value) ? default : new(value);

    public override string ToString() => Name;
}
