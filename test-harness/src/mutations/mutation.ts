/** A text of the shipped source, and what stands there instead. */
export interface SourceEdit {
  /** Below `packages/core/src`. */
  readonly file: string
  readonly text: string
  readonly replacement: string
}

/** One rule switched off in the shipped source. */
export interface Mutation {
  /** The rule, as a sentence that the mutation makes untrue. */
  readonly rule: string
  readonly edits: readonly SourceEdit[]
}

/** A mutation that needs one edit. */
export function mutation(rule: string, file: string, [text, replacement]: readonly [string, string]): Mutation {
  return { rule, edits: [{ file, text, replacement }] }
}
