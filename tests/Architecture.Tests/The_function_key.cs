using System.Reflection;
using System.Security.Cryptography;
using Mono.Cecil;

namespace GanFunctions.Architecture.Tests;

public sealed class The_function_key
{
    /// <summary>The time of an answer is too noisy to measure this, so the test reads the compiled code: keys meet in one comparison only.</summary>
    [Fact]
    public void Is_compared_in_constant_time()
    {
        using var host = ModuleDefinition.ReadModule(Assembly.Load("GanFunctions.EmbeddedHost").Location);
        var key = host.GetType("GanFunctions.EmbeddedHost.Http.FunctionKey");

        var comparisons = key.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Instructions)
            .Select(instruction => instruction.Operand).OfType<MethodReference>()
            .Select(called => called.Name).Where(name => name.Contains("Equal", StringComparison.Ordinal) || name.StartsWith("Compare", StringComparison.Ordinal));

        Assert.Equal([nameof(CryptographicOperations.FixedTimeEquals)], comparisons);
    }
}
