/** The options that settle hazards, by their names in the SDK. */
export type RemedyOption =
  | 'existingTopics'
  | 'rename'
  | 'restoreId'
  | 'window'
  | 'window.end'
  | 'commit'
  | 'guards.copies'
  | 'guards.incompleteBackup'
  | 'guards.order'
  | 'guards.retention'
  | 'guards.timestampType'
  | 'guards.messageSize'
  | 'guards.timestampRange'
  | 'guards.nullKey'
  | 'guards.partitions'
  | 'guards.codec'
  | 'guards.compaction'
  | 'guards.groupsActive'

/** One way to settle a hazard. */
export interface Remedy {
  /** `null` where it takes something else than an option. */
  readonly option: RemedyOption | null
  /** What the option is set to; `null` where that depends on what is wanted. */
  readonly value: string | null
  /** What to do, or what the option does, in words. */
  readonly text: string
  /** Whether data that is there now is deleted. */
  readonly isDestructive: boolean
}

/** Something to do without an option. */
export function advice(text: string): Remedy {
  return { option: null, value: null, text, isDestructive: false }
}

/** An option, with what each of its values does. */
export function optionRemedies(option: RemedyOption, values: Readonly<Record<string, string>>): readonly Remedy[] {
  return Object.entries(values).map(([value, text]) => ({ option, value, text, isDestructive: false }))
}

/** A remedy in the words of the SDK: `guards.retention: 'drop' (leaves them out)`. */
export function remedyText({ option, value, text }: Remedy): string {
  if (option === null) return text
  return value === null ? `${text} (${option})` : `${option}: '${value}' (${text})`
}

/** All of them as one clause, in their order. */
export function remediesText(remedies: readonly Remedy[]): string {
  return remedies.map(remedyText).join('; or ')
}
