import { beforeEach, describe, expect, it, vi } from 'vitest'
import { identityCredential } from './azure-credential.ts'

const made = vi.hoisted(() => ({ loads: 0, credentials: [] as (readonly [kind: string, ...args: unknown[]])[] }))

vi.mock('@azure/identity', () => {
  made.loads += 1
  const kindOf = (kind: string) =>
    class {
      constructor(...args: readonly unknown[]) {
        made.credentials.push([kind, ...args])
      }
      getToken = async (): Promise<object> => ({ token: `of ${kind}`, expiresOnTimestamp: 0 })
    }
  return {
    ClientSecretCredential: kindOf('ClientSecretCredential'),
    DefaultAzureCredential: kindOf('DefaultAzureCredential'),
  }
})

describe('the credential of an identity', () => {
  beforeEach(() => {
    made.credentials.length = 0
  })

  it('loads the SDK of identities with its first token, and makes one credential for all', async () => {
    const credential = identityCredential({})
    expect(made).toEqual({ loads: 0, credentials: [] })
    const tokens = await Promise.all([credential.getToken('scope'), credential.getToken('scope')])
    expect(tokens.map((token) => token?.token)).toEqual(['of DefaultAzureCredential', 'of DefaultAzureCredential'])
    expect(made).toEqual({ loads: 1, credentials: [['DefaultAzureCredential', {}]] })
  })

  it('is that of the application with a secret, and else names the managed or workload identity', async () => {
    const tenantId = 'tenant'
    const clientId = 'client'
    await identityCredential({ tenantId, clientId, clientSecret: 'secret' }).getToken('scope')
    await identityCredential({ tenantId, clientId }).getToken('scope')
    const named = { tenantId, managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
    expect(made.credentials).toEqual([
      ['ClientSecretCredential', tenantId, clientId, 'secret'],
      ['DefaultAzureCredential', named],
    ])
  })
})
