import { optionalKey } from '../config-key.ts'
import { secret, text } from '../value-schemas.ts'

/** What only a bucket of Google Cloud Storage takes. */
export function gcsKeys() {
  return {
    project: optionalKey(text(), {
      description: 'Backend `gcs`: the project that credentials are looked up for.',
      type: 'text',
      default: "the credentials' own",
    }),
    key_file: optionalKey(text(), {
      description:
        'Backend `gcs`: the JSON file of a service account or of workload identity federation; by default what `GOOGLE_APPLICATION_CREDENTIALS` names, who has signed in with `gcloud auth application-default login`, or the identity of the machine.',
      type: 'path',
    }),
    client_email: optionalKey(text(), {
      description: 'Backend `gcs`: the address of a service account, instead of a file.',
      type: 'text',
    }),
    private_key: optionalKey(secret(), {
      description: 'Backend `gcs`: the private key of the service account, in PEM.',
      type: 'text',
      secret: true,
    }),
    kms_key_name: optionalKey(text(), {
      description: 'Backend `gcs`: the key of the Key Management Service for every object.',
      type: 'text',
      default: "the bucket's own",
    }),
  }
}
