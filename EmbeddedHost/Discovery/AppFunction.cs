using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace GanFunctions.EmbeddedHost.Discovery;

/// <summary>A function of the app: a method with the [Function] attribute, and its trigger parameter.</summary>
internal sealed record AppFunction(string Name, MethodInfo Method, ParameterInfo Trigger)
{
    // Kept, because GetParameters does not always return the same objects: two threads that are the first to call it may get different ones.
    private readonly ParameterInfo[] _parameters =
        [.. Method.GetParameters().Select(parameter => parameter.Position == Trigger.Position ? Trigger : parameter)];

    /// <summary>The input parameter of an orchestrator, which is the one besides the context; null if it has no input.</summary>
    public ParameterInfo? Input => Array.Find(_parameters, parameter => parameter != Trigger);

    /// <summary>Input type of an orchestrator.</summary>
    public Type InputType => Input?.ParameterType ?? typeof(object);

    /// <summary>Calls the method and awaits its result. Unless the method is static, every call creates an instance.</summary>
    /// <param name="services">The services that the instance is created from.</param>
    /// <param name="value">Returns the value of a parameter.</param>
    /// <returns>The result; null if there is none.</returns>
    public Task<object?> InvokeAsync(IServiceProvider services, Func<ParameterInfo, object?> value) =>
        InvokeAsync(services, Array.ConvertAll(_parameters, parameter => value(parameter)));

    /// <inheritdoc cref="InvokeAsync(IServiceProvider, Func{ParameterInfo, object?})"/>
    public async Task<object?> InvokeAsync(IServiceProvider services, object?[] arguments)
    {
        if (Method.IsStatic) return await AwaitAsync(Method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null));

        var target = ActivatorUtilities.CreateInstance(services, Method.ReflectedType!);
        try
        {
            return await AwaitAsync(Method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null));
        }
        finally
        {
            if (target is IAsyncDisposable disposable) await disposable.DisposeAsync();
            else (target as IDisposable)?.Dispose();
        }
    }

    /// <summary>The error for a parameter that cannot be bound.</summary>
    public InvalidOperationException Unbound(ParameterInfo parameter, string valid) =>
        new($"Function '{Name}': parameter '{parameter.Name}' cannot be bound; {valid}. Inject services into the constructor.");

    private async Task<object?> AwaitAsync(object? returned)
    {
        if (returned is not Task pending) return returned;
        await pending;
        return Method.ReturnType.IsGenericType ? pending.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(pending) : null;
    }
}
