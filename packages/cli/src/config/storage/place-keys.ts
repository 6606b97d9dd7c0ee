import { optionalKey } from '../config-key.ts'
import { folderPath, placeName, text } from '../value-schemas.ts'

/** What names a place, of the backends that need it. */
export function placeKeys() {
  return {
    path: optionalKey(folderPath(), {
      description: 'Backend `filesystem`: the folder in which archives lie, relative to the working directory.',
      type: 'path',
    }),
    bucket: optionalKey(placeName(), { description: 'Backends `s3` and `gcs`: the bucket.', type: 'text' }),
    account: optionalKey(placeName(), { description: 'Backend `azure`: the storage account.', type: 'text' }),
    container: optionalKey(placeName(), { description: 'Backend `azure`: the container.', type: 'text' }),
  }
}

/** What several backends of cloud services take. */
export function cloudKeys() {
  return {
    endpoint: optionalKey(text(), {
      description:
        'Backends `s3`, `gcs` and `azure`: the address of a store that speaks S3, such as MinIO, of another cloud, or of an emulator.',
      type: 'URL',
    }),
    storage_class: optionalKey(text(), {
      description:
        'Backends `s3` and `gcs`: the class of every object, such as `STANDARD_IA` or `NEARLINE`; archive tiers of S3 cannot be read at once.',
      type: 'word',
      default: "the bucket's own",
    }),
  }
}
