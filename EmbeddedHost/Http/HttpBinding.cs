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

/// <summary>Returns the value of an HTTP function's parameter for a request.</summary>
internal delegate object? ParameterValue(HttpContext http, CancellationToken cancellation);

/// <summary>A route value cannot be converted to the type of its parameter. The response is 404, as for an unknown path.</summary>
internal sealed class RouteValueException(string name, string value, Type type)
    : Exception($"{name}: '{value}' is not valid; it must be a {type.Name}.");

/// <summary>Decides where the values of the parameters of an HTTP function come from, once per function.</summary>
internal static class HttpBinding
{
    /// <exception cref="InvalidOperationException">A parameter cannot be bound.</exception>
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
            $"Function '{function.Name}': parameter '{parameter.Name}' cannot be bound. It must be an HttpRequest, a CancellationToken, "
            + $"a [DurableClient] DurableTaskClient, or have the name of a parameter of the route '{route.RawText}'. Inject services into the constructor.");
    }

    private static object? Convert(string? value, ParameterInfo parameter)
    {
        if (value is null)
        {
            return parameter.HasDefaultValue
                ? parameter.DefaultValue
                : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
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
