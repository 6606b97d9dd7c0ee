import { type ScriptedAnswer, ScriptedService } from '@kbackup/core/testing'

/** What it answers; with a code, an error of Azure. */
export interface AzureAnswer extends ScriptedAnswer {
  readonly code?: string | undefined
  /** Whether it lacks what marks every answer of Azure. */
  readonly isForeign?: boolean | undefined
}

/** A service that speaks just enough of Azure Blob storage to be told what to answer. */
export class ScriptedAzure extends ScriptedService {
  override script(...answers: readonly AzureAnswer[]): void {
    super.script(...answers.map(withDocument))
  }

  /** Gives this answer to HEAD requests, out of turn. */
  scriptHead(answer: () => AzureAnswer): void {
    this.answerTo = ({ method }) => (method === 'HEAD' ? withDocument(answer()) : undefined)
  }
}

function withDocument({ code, isForeign = false, ...given }: AzureAnswer): ScriptedAnswer {
  const headers = isForeign ? given.headers : { 'x-ms-request-id': 'request', ...given.headers }
  const answer = { ...given, headers }
  if (code === undefined) return answer
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the service</Message></Error>`
  return { ...answer, body, headers: { 'x-ms-error-code': code, ...answer.headers } }
}
