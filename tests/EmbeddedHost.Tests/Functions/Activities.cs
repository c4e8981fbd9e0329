namespace GanFunctions.EmbeddedHost.Tests;

public record Flakiness(int Failures, string ErrorType);

/// <summary>Activities on an instance, as the app has them: a class with a constructor for services.</summary>
public sealed class Activities(TimeProvider time)
{
    [Function(nameof(AddOne))]
    public static int AddOne([ActivityTrigger] int number, string instanceId)
    {
        Seen.Add(instanceId, $"AddOne({number})");
        return number + 1;
    }

    [Function(nameof(Same))]
    public static string? Same([ActivityTrigger] string? text) => text;

    [Function(nameof(Flaky))]
    public static string Flaky([ActivityTrigger] Flakiness input, string instanceId, FunctionContext context)
    {
        Seen.Add(instanceId, $"Flaky {context.InvocationId}");
        return Seen.Of(instanceId).Count > input.Failures
            ? $"after {Seen.Of(instanceId).Count}"
            : throw (Exception)Activator.CreateInstance(Type.GetType(input.ErrorType)!, "it broke", new ArgumentException("inner"))!;
    }

    [Function(nameof(Wait))]
    public async Task<string> Wait([ActivityTrigger] int milliseconds, string instanceId, CancellationToken cancellation)
    {
        Seen.Add(instanceId, "began");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, cancellation);
        Seen.Add(instanceId, "ended");
        return "waited";
    }

    [Function(nameof(WaitToTheEnd))]
    public Task<string> WaitToTheEnd([ActivityTrigger] int milliseconds, string instanceId) =>
        Wait(milliseconds, instanceId, CancellationToken.None);
}
