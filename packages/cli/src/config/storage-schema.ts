import { z } from 'zod'
import { requiredKey } from './config-key.ts'
import { azureKeys } from './storage/azure-keys.ts'
import { commonKeys } from './storage/common-keys.ts'
import { gcsKeys } from './storage/gcs-keys.ts'
import { cloudKeys, placeKeys } from './storage/place-keys.ts'
import { s3Keys } from './storage/s3-keys.ts'
import { choice } from './value-schemas.ts'

export const BACKENDS = ['filesystem', 's3', 'gcs', 'azure'] as const
export type Backend = (typeof BACKENDS)[number]

/** What the schema says of each key that means something to some backends only. */
function ownKeys() {
  return { ...placeKeys(), ...cloudKeys(), ...s3Keys(), ...gcsKeys(), ...azureKeys() }
}

type OwnKey = keyof ReturnType<typeof ownKeys>

interface BackendKeys {
  /** What it needs, and what that is. */
  readonly needs: readonly { readonly key: OwnKey; readonly what: string }[]
  /** What it takes beside that. */
  readonly takes: readonly OwnKey[]
}

/** The keys of each backend. */
const KEYS_OF: Readonly<Record<Backend, BackendKeys>> = {
  filesystem: { needs: [{ key: 'path', what: 'the folder' }], takes: [] },
  s3: {
    needs: [{ key: 'bucket', what: 'the name of the bucket' }],
    takes: ['endpoint', 'storage_class', ...namesOf(s3Keys())],
  },
  gcs: {
    needs: [{ key: 'bucket', what: 'the name of the bucket' }],
    takes: ['endpoint', 'storage_class', ...namesOf(gcsKeys())],
  },
  azure: {
    needs: [
      { key: 'account', what: 'the name of the storage account' },
      { key: 'container', what: 'the name of the container' },
    ],
    takes: ['endpoint', ...namesOf(azureKeys())],
  },
}

const OWN_KEYS: readonly OwnKey[] = namesOf(ownKeys())

/** `Object.keys`, of an object that has no others. */
function namesOf<Keys extends object>(keys: Keys): readonly (keyof Keys)[] {
  return Object.keys(keys) as (keyof Keys)[]
}

function keysOfBackend({ needs, takes }: BackendKeys): readonly OwnKey[] {
  return [...needs.map(({ key }) => key), ...takes]
}

/** Whether a key of the section means something to a backend; what no backend has to itself does to all. */
export function meansSomethingTo(backend: Backend, key: string): boolean {
  const isShared = ![...OWN_KEYS].some((own) => own === key)
  return isShared || keysOfBackend(KEYS_OF[backend]).some((own) => own === key)
}

/** Whether a backend cannot do without a key. */
export function isNeededBy(backend: Backend, key: string): boolean {
  return KEYS_OF[backend].needs.some((need) => need.key === key)
}

/** Keys that go together. */
const PAIRS = [
  ['access_key', 'secret_key'],
  ['client_email', 'private_key'],
] as const

/** The section `storage`. */
export function storageSchema() {
  return z
    .strictObject({
      backend: requiredKey(choice(BACKENDS), {
        description: 'Where archives are kept.',
        type: 'word',
        values: BACKENDS,
      }),
      ...placeKeys(),
      ...commonKeys(),
      ...cloudKeys(),
      ...s3Keys(),
      ...gcsKeys(),
      ...azureKeys(),
    })
    .superRefine((storage, context) => {
      const keys = KEYS_OF[storage.backend]
      const complain = (key: OwnKey, message: string): void =>
        context.addIssue({ code: 'custom', path: [key], message })
      for (const { key, what } of keys.needs) {
        if (storage[key] === undefined) complain(key, `is missing; backend ${storage.backend} needs ${what}`)
      }
      const known = keysOfBackend(keys)
      for (const key of OWN_KEYS) {
        if (storage[key] === undefined || known.includes(key)) continue
        complain(key, `means nothing to backend ${storage.backend}; remove it`)
      }
      for (const [one, other] of PAIRS) {
        if ((storage[one] === undefined) === (storage[other] === undefined)) continue
        complain(storage[one] === undefined ? one : other, 'is missing; give both keys, or neither')
      }
      if (storage.backend === 's3' && storage.session_token !== undefined && storage.access_key === undefined) {
        complain('session_token', 'says nothing without access_key and secret_key; give them too, or leave it out')
      }
    })
}

export type StorageConfig = z.output<ReturnType<typeof storageSchema>>
