import { type ScriptedAnswer, ScriptedService } from '@kbackup/core/testing'

/** What it answers; with a code, an error of S3. */
export interface S3Answer extends ScriptedAnswer {
  readonly code?: string | undefined
}

/** A service that speaks just enough of S3 to be told what to answer. */
export class ScriptedS3 extends ScriptedService {
  override script(...answers: readonly S3Answer[]): void {
    super.script(
      ...answers.map(({ code, ...answer }) => (code === undefined ? answer : { ...answer, body: errorDocument(code) })),
    )
  }
}

function errorDocument(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the service</Message></Error>`
}
