namespace GanFunctions.Functions.Tests;

/// <summary>
/// Tests that share an app. They run one after another, because the app has one worker, and some tests keep it busy. Tests with an app of their own run
/// in parallel to them.
/// </summary>
[CollectionDefinition(nameof(SharedApp))]
public sealed class SharedApp : ICollectionFixture<App>;
