namespace GanFunctions.Core.Runs;

/// <summary>
/// What the costs of runs are computed with: the instances and prices of an Azure Functions Flex Consumption plan
/// (https://learn.microsoft.com/azure/azure-functions/functions-consumption-costs).
/// </summary>
public sealed record CostSettings
{
    /// <summary>Memory of an instance, in MB. The default is 4096, the size in infra/, which has two cores.</summary>
    public int InstanceMemoryMB { get; init; } = 4096;

    /// <summary>
    /// Price of a GB-second while an instance executes functions. The default is 0.000026, the price of on-demand instances; that of always-ready
    /// instances is 0.000016 (both in USD, region East US, https://azure.microsoft.com/pricing/details/functions/). Their baseline is a cost of
    /// the app, not of a run. Monthly free grants are not deducted.
    /// </summary>
    public decimal PricePerGbSecond { get; init; } = 0.000026m;

    /// <summary>Price of a million executions. The default is 0.40.</summary>
    public decimal PricePerMillionExecutions { get; init; } = 0.40m;

    /// <summary>Currency of the prices. The default is USD.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>GB-seconds of billed time.</summary>
    /// <param name="milliseconds">The billed time.</param>
    public decimal GbSeconds(long milliseconds) => InstanceMemoryMB / 1024m * milliseconds / 1000;

    /// <summary>The price of executions.</summary>
    /// <param name="milliseconds">Their billed time.</param>
    /// <param name="executions">Their number.</param>
    public decimal PriceOf(long milliseconds, long executions) =>
        GbSeconds(milliseconds) * PricePerGbSecond + executions * PricePerMillionExecutions / 1_000_000;

    /// <summary>Checks the values.</summary>
    /// <exception cref="InvalidOperationException">A value is not valid.</exception>
    public CostSettings Validated()
    {
        if (InstanceMemoryMB < 1) throw Invalid(nameof(InstanceMemoryMB), InstanceMemoryMB, "a whole number from 1");
        if (PricePerGbSecond < 0) throw Invalid(nameof(PricePerGbSecond), PricePerGbSecond, "a number from 0");
        if (PricePerMillionExecutions < 0) throw Invalid(nameof(PricePerMillionExecutions), PricePerMillionExecutions, "a number from 0");
        return Currency.Trim().Length > 0 ? this : throw Invalid(nameof(Currency), "''", "the name of a currency, such as USD");
    }

    private static InvalidOperationException Invalid(string name, object value, string valid) =>
        new(FormattableString.Invariant($"The setting Costs:{name} is {value}, which is not valid; it must be {valid}."));
}
