import type { S3Client, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import { KbackupError } from '@kbackup/core'
import { ownAnswersOnly } from './own-answer.ts'

type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<Input, Output>
>[0]

/**
 * Sends a request and never a second one, whatever the client is set to: a repeated conditional write would meet its own
 * object and look lost. What may be repeated is decided by the decorators of core.
 *
 * Rejects with the error of the first attempt.
 */
export async function sendOnce<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: S3Client,
  command: S3Command<Input, Output>,
  signal: AbortSignal | undefined,
): Promise<Output> {
  await assertRegion(client)
  command.middlewareStack.addRelativeTo(singleAttempt(), {
    name: 'kbackupSingleAttempt',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
    override: true,
  })
  command.middlewareStack.addRelativeTo(ownAnswersOnly(), {
    name: 'kbackupOwnAnswersOnly',
    relation: 'after',
    toMiddleware: 'deserializerMiddleware',
    override: true,
  })
  try {
    return await client.send(command, signal === undefined ? {} : { abortSignal: signal })
  } catch (error) {
    throw error instanceof FailedAttempt ? error.reason : error
  }
}

/** A middleware inside the client's own retries: it ends them, since they repeat what they know to be passing. */
function singleAttempt() {
  let failed: FailedAttempt | undefined
  return <Args, Result>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      if (failed !== undefined) throw failed
      try {
        return await next(args)
      } catch (error) {
        failed = new FailedAttempt(error)
        throw failed
      }
    }
}

class FailedAttempt extends Error {
  readonly #reason: unknown

  constructor(reason: unknown) {
    super('a single attempt failed')
    this.#reason = reason
  }

  get reason(): unknown {
    return this.#reason
  }
}

async function assertRegion({ config }: { readonly config: Pick<S3ClientResolvedConfig, 'region'> }): Promise<void> {
  await config.region().catch(() => {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: 'the S3 store was given no region, and the environment names none',
      hint: 'Name the region of the bucket, or set AWS_REGION.',
    })
  })
}
