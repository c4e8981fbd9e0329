using Deque.AxeCore.Commons;

namespace GanFunctions.Browser.Tests;

/// <summary>The accessibility checks of axe-core.</summary>
internal static class Accessibility
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>What violates the rules, with the offending element. Runs in the page itself: another page for the report takes seconds.</summary>
    /// <param name="page">The page.</param>
    /// <param name="rules">The rules to check; all if there are none.</param>
    public static async Task<string[]> FindAxeViolationsAsync(this IPage page, params string[] rules)
    {
        await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string[]>("""
            async rules => {
              const report = await axe.run(document, rules.length > 0 ? { runOnly: { type: 'rule', values: rules } } : {});
              return report.violations.flatMap(violation => violation.nodes.map(node => `${violation.id}: ${node.html}`));
            }
            """, rules);
    }
}
