targetScope = 'subscription'

@description('Names the environment; part of every name that is made up here.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything. It must offer Flex Consumption.')
param location string

@description('The most instances that train and serve at once. Each trains one run at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances that are kept warm for orchestrations and training, so that a run starts at once.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 1

var suffix = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: 'id-gan-${suffix}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'stgan${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-gan-${suffix}'
    insightsName: 'appi-gan-${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: 'func-gan-${suffix}'
    planName: 'plan-gan-${suffix}'
    location: location
    tags: union(tags, { 'azd-service-name': 'functions' }) // by which azd finds where to deploy
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    deploymentContainer: storage.outputs.deploymentContainer
    insightsConnection: monitoring.outputs.connection
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
  }
}

@description('Where the app answers.')
output APP_URL string = app.outputs.url

@description('The function app, whose keys the API asks for.')
output APP_NAME string = app.outputs.name

@description('The resource group that holds everything.')
output AZURE_RESOURCE_GROUP string = group.name
