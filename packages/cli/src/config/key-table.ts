import type { z } from 'zod'
import { displayWidth, padTo } from '../rendering/box.ts'
import type { KeyFacts } from './config-key.ts'

const COLUMNS = ['Key', 'Value', 'Default', 'Meaning']

/** A Markdown table of keys, from what the schema says of them. */
export function keyTable(keys: readonly (readonly [name: string, schema: z.core.$ZodType, facts: KeyFacts])[]): string {
  const rows = keys.map(([name, schema, facts]) => row(name, facts, isRequired(schema)))
  return tableLines([COLUMNS, ...rows]).join('\n')
}

function row(name: string, facts: KeyFacts, required: boolean): readonly string[] {
  const value = facts.values === undefined ? facts.type : facts.values.map((word) => `\`${word}\``).join(', ')
  return [`\`${name}\``, value, required ? '**required**' : (facts.default ?? ''), meaning(facts)]
}

function meaning({ description, later, accepts, note }: KeyFacts): string {
  return [
    description,
    ...(note === undefined ? [] : [`A note says that ${note}.`]),
    ...(later === undefined ? [] : ['_Not supported yet._']),
    ...(accepts === undefined
      ? []
      : [`_Only ${accepts.map((value) => `\`${JSON.stringify(value)}\``).join(', ')} is accepted._`]),
  ].join(' ')
}

function isRequired(schema: z.core.$ZodType): boolean {
  return schema._zod.optin !== 'optional'
}

/** A Markdown table whose columns are aligned, as formatters leave it. */
function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => displayWidth(cells[column] ?? ''))))
  const [header, ...body] = rows.map((cells) => cells.map((cell, column) => padTo(cell, widths[column] ?? 0)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [header ?? [], rule, ...body].map((cells) => `| ${cells.join(' | ')} |`)
}
