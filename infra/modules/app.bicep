@description('Name of the function app; part of its address.')
param name string

@description('Name of the plan.')
param planName string
param location string
param tags object

@description('Resource id of the managed identity of the app.')
param identityId string

@description('Client id of that identity.')
param identityClientId string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string

@description('Blob container of the deployment package.')
param deploymentContainer string

@description('Connection string of Application Insights. It is not a secret: sending telemetry requires the identity.')
param insightsConnection string
param maximumInstances int
param alwaysReadyInstances int

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true // Linux
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 4096 // the size with two cores
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'durable'
            instanceCount: alwaysReadyInstances
          }
        ]
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      AzureWebJobsStorage__blobServiceUri: blobEndpoint
      AzureWebJobsStorage__queueServiceUri: queueEndpoint
      AzureWebJobsStorage__tableServiceUri: tableEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      AzureWebJobsDisableHomepage: 'true' // the app serves its own page
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '2147483647' // data sets are uploaded in one request
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
      AzureFunctionsJobHost__extensions__durableTask__tracing__version: 'V2' // None in host.json, since V2 logs a warning without Application Insights
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
    }
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
