using GanFunctions.Core.Runs;
using Mono.Cecil;
using TorchSharp;

namespace GanFunctions.Architecture.Tests;

public sealed class The_arithmetic
{
    private const string Extensions = nameof(ScalarExtensionMethods);
    private static readonly ReaderParameters Reader = new() { AssemblyResolver = Resolver() };

    /// <summary>
    /// Methods of TorchSharp that create a scalar and call native code with it do not keep it alive: see <c>Core/Memory/Arithmetic.cs</c>. This looks at
    /// what they call, and at what those call.
    /// </summary>
    [Fact]
    public void Of_Core_uses_no_method_of_TorchSharp_that_creates_a_temporary_scalar()
    {
        using var torch = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location, Reader);
        using var core = ModuleDefinition.ReadModule(typeof(RunStore).Assembly.Location, Reader);
        var exposed = CallersOf(torch, MethodsOf(torch).Where(method => CallsOf(method).Any(Creates)));
        Assert.Contains(exposed, name => name.Contains("::op_Addition(", StringComparison.Ordinal));

        var uses =
            from method in MethodsOf(core)
            from called in CallsOf(method)
            where exposed.Contains(NameOf(called)) || IsConversion(called)
            select $"{method.FullName} calls {NameOf(called)}";

        Violations.AssertNone(uses.Distinct());
    }

    /// <summary>The methods and all that call them, directly or not.</summary>
    private static HashSet<string> CallersOf(ModuleDefinition module, IEnumerable<MethodDefinition> methods)
    {
        var callers = (
            from method in MethodsOf(module)
            from called in CallsOf(method)
            select (Caller: method.FullName, Called: NameOf(called))).ToLookup(call => call.Called, call => call.Caller);
        HashSet<string> found = [.. methods.Select(method => method.FullName)];
        var open = new Queue<string>(found);
        while (open.TryDequeue(out var name))
            foreach (var caller in callers[name].Where(found.Add)) open.Enqueue(caller);
        return found;
    }

    private static bool Creates(MethodReference called) =>
        IsConversion(called) || called is { Name: "ToScalar" or ".ctor", DeclaringType.Name: nameof(Scalar) or Extensions };

    private static bool IsConversion(MethodReference called) => called is { Name: "op_Implicit", DeclaringType.Name: nameof(Scalar) };

    private static IEnumerable<MethodDefinition> MethodsOf(ModuleDefinition module) => module.GetTypes()
        .Where(type => type.Name is not (nameof(Scalar) or Extensions))
        .SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static IEnumerable<MethodReference> CallsOf(MethodDefinition method) =>
        method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>();

    /// <summary>The name of the definition, which has no type arguments.</summary>
    private static string NameOf(MethodReference method) => method.Resolve()?.FullName ?? method.FullName;

    private static DefaultAssemblyResolver Resolver()
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        return resolver;
    }
}
