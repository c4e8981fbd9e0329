targetScope = 'subscription'

@description('Name of the environment; part of the name of every resource.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of all resources. It must support Flex Consumption.')
param location string

@description('Maximum number of instances. Each trains one run at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances kept warm for orchestrations and training, so that a run starts without a cold start.')
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
    tags: union(tags, { 'azd-service-name': 'functions' }) // azd finds the deployment target by this tag
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

@description('Address of the app.')
output APP_URL string = app.outputs.url

@description('Name of the function app, whose keys the API requires.')
output APP_NAME string = app.outputs.name

@description('Resource group of all resources.')
output AZURE_RESOURCE_GROUP string = group.name
