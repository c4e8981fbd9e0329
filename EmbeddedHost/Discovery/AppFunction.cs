using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace GanFunctions.EmbeddedHost.Discovery;

/// <summary>A method of the app that bears [Function], with the parameter that says what triggers it.</summary>
internal sealed record AppFunction(string Name, MethodInfo Method, ParameterInfo Trigger)
{
    /// <summary>The parameter of an orchestrator that takes its input: the one beside the context. Null where it takes none.</summary>
    public ParameterInfo? Input { get; } = Method.GetParameters().FirstOrDefault(parameter => parameter != Trigger);

    /// <summary>The type of the input of an orchestrator.</summary>
    public Type InputType => Input?.ParameterType ?? typeof(object);

    /// <summary>Calls the method, on an instance made for this call unless it is static, and awaits what it returns.</summary>
    /// <param name="services">Construct the instance.</param>
    /// <param name="value">Gives each parameter its value.</param>
    public Task<object?> InvokeAsync(IServiceProvider services, Func<ParameterInfo, object?> value) =>
        InvokeAsync(services, Array.ConvertAll(Method.GetParameters(), parameter => value(parameter)));

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
            if (target is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else (target as IDisposable)?.Dispose();
        }
    }

    /// <summary>The failure of a parameter that has no value.</summary>
    public InvalidOperationException Unbound(ParameterInfo parameter, string valid) =>
        new($"Function '{Name}': parameter '{parameter.Name}' cannot be bound; {valid}. Services go to the constructor.");

    private async Task<object?> AwaitAsync(object? returned)
    {
        if (returned is not Task pending) return returned;
        await pending;
        return Method.ReturnType.IsGenericType ? pending.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(pending) : null;
    }
}
