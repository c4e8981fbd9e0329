using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>Gives an HTTP function's parameter its value for a request.</summary>
internal delegate object? ParameterValue(HttpContext http, CancellationToken cancellation);

/// <summary>A part of the path is not what the parameter takes; the same as a path no route has.</summary>
internal sealed class RouteValueException(string name, string value, Type type)
    : Exception($"'{value}' is no valid {name}: it must be a {type.Name}.");

/// <summary>Decides, once per function, where each of its parameters comes from.</summary>
internal static class HttpBinding
{
    /// <exception cref="InvalidOperationException">A parameter can come from nowhere.</exception>
    public static ParameterValue[] Of(AppFunction function, RoutePattern route) =>
        [.. function.Method.GetParameters().Select(parameter => Of(function, parameter, route))];

    private static ParameterValue Of(AppFunction function, ParameterInfo parameter, RoutePattern route)
    {
        var type = parameter.ParameterType;
        if (type == typeof(HttpRequest)) return (http, _) => http.Request;
        if (type == typeof(DurableTaskClient) && parameter.GetCustomAttribute<DurableClientAttribute>() is not null)
            return (http, _) => http.RequestServices.GetRequiredService<DurableTaskClient>();
        if (type == typeof(CancellationToken)) return (_, cancellation) => cancellation;
        if (route.GetParameter(parameter.Name!) is not null) return (http, _) => Convert(http.Request.RouteValues[parameter.Name!]?.ToString(), parameter);
        throw new InvalidOperationException(
            $"Function '{function.Name}': parameter '{parameter.Name}' cannot be bound. It may be an HttpRequest, a CancellationToken, "
            + $"a [DurableClient] DurableTaskClient, or bear the name of a part of the route '{route.RawText}'. Services go to the constructor.");
    }

    private static object? Convert(string? value, ParameterInfo parameter)
    {
        if (value is null)
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
        }

        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        try
        {
            return type == typeof(string) ? value : TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, value);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            throw new RouteValueException(parameter.Name!, value, type);
        }
    }
}
