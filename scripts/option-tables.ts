import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** A table of options in a document: between `<!-- options: Type of file -->` and `<!-- end of options -->`. */
const TABLE = /(<!-- options: (\w+) of (\S+) -->\n)[\s\S]*?(<!-- end of options -->)/g

/** A document with each of its tables of options made anew from the doc comments of the interface that it names. */
export function withOptionTables(document: URL): string {
  const text = readFileSync(document, 'utf8')
  return text.replace(TABLE, (_table, begin: string, type: string, file: string, end: string) => {
    return `${begin}\n${tableOf(new URL(file, document), type)}\n\n${end}`
  })
}

interface Option {
  readonly name: string
  readonly isRequired: boolean
  readonly description: string
}

function tableOf(file: URL, type: string): string {
  const rows = optionsOf(file, type).map(({ name, isRequired, description }) => [
    `\`${name}\``,
    isRequired ? `**Required.** ${description}` : description,
  ])
  const all = [['option', ''], ...rows]
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(all[0] ?? []), rule, ...rows.map(line)].join('\n')
}

/** The members of an interface, and after them those that it takes over from what all stores of objects have. */
function optionsOf(file: URL, type: string): readonly Option[] {
  const source = ts.createSourceFile(file.pathname, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true)
  const found = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === type)
  if (found === undefined) throw new Error(`${file.pathname} has no interface ${type}`)
  const own = found.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(),
    isRequired: member.questionToken === undefined,
    description: descriptionOf(member),
  }))
  return [...own, ...(found.heritageClauses ?? []).flatMap(({ types }) => types.flatMap(inheritedOptions))]
}

/** Of `ObjectBlobStoreOptions` all, of `Pick<ObjectBlobStoreOptions, 'prefix' | 'retry'>` those that are picked. */
function inheritedOptions(base: ts.ExpressionWithTypeArguments): readonly Option[] {
  const [picked, names] = base.typeArguments ?? []
  if (picked === undefined) return optionsOf(SHARED, base.expression.getText())
  return optionsOf(SHARED, picked.getText()).filter(({ name }) => names?.getText().includes(`'${name}'`))
}

const SHARED = new URL('../packages/core/src/storage/object-blob-store.ts', import.meta.url)

function descriptionOf(member: ts.PropertySignature): string {
  const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc)?.comment
  const text = ts.getTextOfJSDocComment(comment) ?? ''
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
}
