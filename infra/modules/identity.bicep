@description('Name of the identity.')
param name string
param location string
param tags object

// User-assigned: it outlives the app, so recreating the app does not require granting the roles again.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
