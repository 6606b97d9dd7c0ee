import { type PlaceUrl, placeParameters, wrongPlace } from './place-url.ts'
import type { AzureLocation } from './store-location.ts'

const PARAMETERS = ['endpoint'] as const
const CREDENTIALS = 'give them in AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or sign in with az login'

/** The place of `az://account/container/prefix?endpoint=…`. */
export function azureLocation(url: PlaceUrl): AzureLocation {
  const { path, host, rest, query } = url
  const hint = 'write az://account/container, or az://account/container/prefix'
  const [container = '', ...prefix] = rest.split('/')
  if (host === '') throw wrongPlace(path, 'names no storage account', hint)
  if (new URLSearchParams(query).has('sig')) throw wrongPlace(path, 'holds a signature', CREDENTIALS)
  const { endpoint } = placeParameters(url, { known: PARAMETERS, credentials: CREDENTIALS })
  if (container === '') throw wrongPlace(path, 'names no container', hint)
  return { backend: 'azure', account: host, container, prefix: prefix.join('/') || undefined, endpoint }
}
