using Deque.AxeCore.Commons;

namespace GanFunctions.Browser.Tests;

/// <summary>The accessibility checks of axe-core.</summary>
internal static class Accessibility
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>What violates the rules, with the offending element. Runs in the page itself: another page for the report takes seconds.</summary>
    public static async Task<string[]> FindAxeViolationsAsync(this IPage page)
    {
        await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string[]>("""
            async () => {
              const report = await axe.run(document);
              return report.violations.flatMap(violation => violation.nodes.map(node => `${violation.id}: ${node.html}`));
            }
            """);
    }
}
