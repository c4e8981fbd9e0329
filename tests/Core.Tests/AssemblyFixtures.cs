using GanFunctions.TestKit;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
