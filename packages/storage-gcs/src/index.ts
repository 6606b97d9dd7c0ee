export { gcs } from './gcs.ts'
export type { GcsCredentials, GcsOptions } from './gcs-options.ts'
