namespace GanFunctions.Functions.Tests;

/// <summary>Tests of one app, one after another: it has one worker, and some of them keep it busy. Those with an app of their own run beside them.</summary>
[CollectionDefinition(nameof(SharedApp))]
public sealed class SharedApp : ICollectionFixture<App>;
