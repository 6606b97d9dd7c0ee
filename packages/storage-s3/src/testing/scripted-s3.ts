import { type ScriptedAnswer, ScriptedService } from '@kbackup/core/testing'

/** What it answers; with a code, an error of S3. */
export interface S3Answer extends ScriptedAnswer {
  readonly code?: string | undefined
  /** Whether it lacks what marks every answer of S3. */
  readonly isForeign?: boolean | undefined
}

/** A service that speaks just enough of S3 to be told what to answer. */
export class ScriptedS3 extends ScriptedService {
  override script(...answers: readonly S3Answer[]): void {
    super.script(...answers.map(marked))
  }
}

function marked({ code, isForeign = false, ...answer }: S3Answer): ScriptedAnswer {
  const headers = isForeign ? answer.headers : { 'x-amz-request-id': 'request', ...answer.headers }
  return { ...answer, headers, ...(code === undefined ? {} : { body: errorDocument(code) }) }
}

function errorDocument(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the service</Message></Error>`
}
