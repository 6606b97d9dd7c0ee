// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is how a configuration names a variable
import { describe, expect, it } from 'vitest'
import { startAzure, type TestAzure } from '../src/index.ts'
import { storeScenario } from './cli/store-scenario.ts'

describe('an archive in a container of Azure', () => {
  let azure: TestAzure
  let container: string
  const { run, at, store } = storeScenario(async () => {
    azure = await startAzure()
    container = await azure.createContainer()
    return {
      storage: [
        '  backend: azure',
        `  account: ${azure.account}`,
        `  container: ${container}`,
        '  prefix: prod/',
        `  endpoint: ${azure.endpoint}`,
        '  account_key: ${THE_KEY}',
        '  access_tier: cool',
      ],
      place: `az://${azure.account}/${container}/prod?endpoint=${azure.endpoint}`,
      name: `az://${azure.account}/${container}/prod`,
      // Where the store looks for the key, and under the name that the configurations use.
      environment: { AZURE_STORAGE_KEY: azure.accountKey, THE_KEY: azure.accountKey },
      secret: azure.accountKey,
      [Symbol.asyncDispose]: () => azure.stop(),
    }
  })

  it('is read with a shared access signature that gives no more than that', async () => {
    const signature = azure.signatureFor(container, 'rl')
    const { status, stdout, stderr } = await run(['describe', ...at()], { AZURE_STORAGE_SAS_TOKEN: signature })
    expect(status, stderr).toBe(0)
    expect(stdout + stderr).not.toContain('sig=')
  })

  it('says that credentials are missing, and where to give them', async () => {
    const { status, stderr } = await run(['list', '--path', store().place], {})
    expect(status).toBe(1)
    expect(stderr).toContain('KB_STORE_AUTHENTICATION')
    expect(stderr).toContain('AZURE_STORAGE_KEY')
  })
})
