import { optionalKey } from '../config-key.ts'
import { looseChoice, secret, text } from '../value-schemas.ts'

const TIERS = ['Hot', 'Cool', 'Cold'] as const

/** What only a container of Azure Blob storage takes. */
export function azureKeys() {
  return {
    account_key: optionalKey(secret(), {
      description:
        'Backend `azure`: the key of the account; by default `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN` of the environment, else a managed or workload identity, or who has signed in with `az login`.',
      type: 'text',
      secret: true,
    }),
    sas_token: optionalKey(secret(), {
      description: 'Backend `azure`: a shared access signature, instead of the key.',
      type: 'text',
      secret: true,
    }),
    tenant_id: optionalKey(text(), { description: 'Backend `azure`: the directory of an identity.', type: 'text' }),
    client_id: optionalKey(text(), {
      description:
        'Backend `azure`: the application; without a secret, the managed or workload identity that is meant.',
      type: 'text',
    }),
    client_secret: optionalKey(secret(), {
      description: 'Backend `azure`: the secret of the application.',
      type: 'text',
      secret: true,
    }),
    access_tier: optionalKey(looseChoice(TIERS), {
      description: 'Backend `azure`: the tier of every blob; the archive tier cannot be read at once.',
      type: 'word',
      values: TIERS,
      default: "the account's own",
    }),
    encryption_scope: optionalKey(text(), {
      description: 'Backend `azure`: the encryption scope of every blob.',
      type: 'text',
      default: "the container's own",
    }),
  }
}
