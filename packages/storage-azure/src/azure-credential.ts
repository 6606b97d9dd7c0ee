import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity'
import type { AzureCredentials } from './azure-options.ts'

/** Who one is at Microsoft Entra ID. */
export type AzureIdentity = Pick<AzureCredentials, 'tenantId' | 'clientId' | 'clientSecret'>

/**
 * A credential that gets its tokens from Microsoft Entra ID. `@azure/identity` is large, and is loaded with the first token:
 * who has a key or a signature never waits for it.
 */
export function identityCredential(identity: AzureIdentity): TokenCredential {
  let loaded: Promise<TokenCredential> | undefined
  return {
    getToken: async (scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null> => {
      loaded ??= loadCredential(identity)
      return (await loaded).getToken(scopes, options)
    },
  }
}

async function loadCredential({ tenantId, clientId, clientSecret }: AzureIdentity): Promise<TokenCredential> {
  const { ClientSecretCredential, DefaultAzureCredential } = await import('@azure/identity')
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return new ClientSecretCredential(tenantId, clientId, clientSecret)
  }
  return new DefaultAzureCredential({
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
  })
}
