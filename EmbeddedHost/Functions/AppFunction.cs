using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace GanFunctions.EmbeddedHost;

/// <summary>A method of the app that bears [Function], with the parameter that says what triggers it.</summary>
internal sealed record AppFunction(string Name, MethodInfo Method, ParameterInfo Trigger)
{
    /// <summary>Calls the method, on an instance made for this call unless it is static, and awaits what it returns.</summary>
    public async Task<object?> InvokeAsync(IServiceProvider services, object?[] arguments)
    {
        if (Method.IsStatic)
        {
            return await AwaitAsync(Method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null));
        }

        var type = Method.ReflectedType!;
        var registered = services.GetService(type);
        var target = registered ?? ActivatorUtilities.CreateInstance(services, type);
        try
        {
            return await AwaitAsync(Method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null));
        }
        finally
        {
            await DisposeAsync(registered is null ? target : null);
        }
    }

    private async Task<object?> AwaitAsync(object? returned)
    {
        if (returned is not null && Method.ReturnType.IsGenericType && Method.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            returned = Method.ReturnType.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(returned, null);
        }

        switch (returned)
        {
            case ValueTask pending:
                await pending;
                return null;
            case Task pending:
                await pending;
                return Method.ReturnType.IsGenericType ? pending.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(pending) : null;
            default:
                return returned;
        }
    }

    private static ValueTask DisposeAsync(object? target)
    {
        if (target is IAsyncDisposable asynchronous)
        {
            return asynchronous.DisposeAsync();
        }

        (target as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
