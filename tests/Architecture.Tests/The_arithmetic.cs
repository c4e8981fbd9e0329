using GanFunctions.Core.Runs;
using Mono.Cecil;
using TorchSharp;

namespace GanFunctions.Architecture.Tests;

public sealed class The_arithmetic
{
    private const string Extensions = nameof(ScalarExtensionMethods);
    private const string ModuleName = "TorchSharp.torch/nn/Module";
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
        var exposed = ExposedOf(torch);
        Assert.Contains(exposed, name => name.Contains("::op_Addition(", StringComparison.Ordinal));

        var uses =
            from method in MethodsOf(core)
            from called in CallsOf(method)
            where exposed.Contains(NameOf(called)) || IsConversion(called)
            select $"{method.FullName} calls {NameOf(called)}";

        Violations.AssertNone(uses.Distinct());
    }

    /// <summary>
    /// The same for the forward passes of its modules, which are called through their base class. A method that calls any module may not touch one whose
    /// forward pass creates a scalar, because the compiled code does not tell which of them it calls.
    /// </summary>
    [Fact]
    public void Of_Core_calls_no_module_of_TorchSharp_that_creates_a_temporary_scalar()
    {
        using var torch = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location, Reader);
        using var core = ModuleDefinition.ReadModule(typeof(RunStore).Assembly.Location, Reader);
        var exposed = ExposedOf(torch);
        List<string> modules =
        [
            .. torch.GetTypes().Where(type => BasesOf(type).SelectMany(each => each.Methods)
                .Any(method => method.Name == "forward" && exposed.Contains(method.FullName))).Select(type => type.FullName),
        ];
        Assert.Contains(typeof(TorchSharp.Modules.BatchNorm2d).FullName!, modules);

        var uses =
            from method in MethodsOf(core)
            where CallsOf(method).Any(called => called.Name is "call" or "forward"
                && BasesOf(called.DeclaringType.Resolve()).Any(each => each.FullName == ModuleName))
            from touched in TypesIn(method)
            where modules.Any(module => touched.Contains(module, StringComparison.Ordinal)) // also in a list or a tuple
            select $"{method.FullName} uses {touched} and calls a module";

        Violations.AssertNone(uses.Distinct());
    }

    /// <summary>The methods of TorchSharp that create a scalar, directly or not.</summary>
    private static HashSet<string> ExposedOf(ModuleDefinition torch) => CallersOf(torch, MethodsOf(torch).Where(method => CallsOf(method).Any(Creates)));

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

    private static IEnumerable<TypeDefinition> BasesOf(TypeDefinition? type)
    {
        for (; type is not null; type = type.BaseType?.Resolve()) yield return type;
    }

    /// <summary>Types of the variables of a method, of the fields that it uses, and of what it gets from other methods.</summary>
    private static IEnumerable<string> TypesIn(MethodDefinition method) =>
    [
        .. method.Body.Variables.Select(variable => variable.VariableType.FullName),
        .. method.Body.Instructions.Select(instruction => instruction.Operand).OfType<FieldReference>().Select(field => field.FieldType.FullName),
        .. CallsOf(method).Select(called => called.ReturnType.FullName),
    ];

    /// <summary>The name of the definition, which has no type arguments.</summary>
    private static string NameOf(MethodReference method) => method.Resolve()?.FullName ?? method.FullName;

    private static DefaultAssemblyResolver Resolver()
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        return resolver;
    }
}
