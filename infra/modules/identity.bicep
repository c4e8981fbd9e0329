@description('Name of the identity.')
param name string
param location string
param tags object

// The app's own: it outlives the app, so that its roles do not have to be granted again when the app is made anew.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
