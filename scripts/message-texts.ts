import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** A text of several words in a source file: a message, a hint, or a part of one. */
export interface MessageText {
  readonly file: string
  readonly text: string
}

/** All texts of the libraries in a folder of packages that people may come to read. */
export function messageTexts(packages: string): readonly MessageText[] {
  return readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(?!cli\/)[\w-]+\/src\/.*\.ts$/.test(file) && !/\.test\.ts$|\/testing\//.test(file))
    .flatMap((file) => textsOf(readFileSync(join(packages, file), 'utf8')).map((text) => ({ file, text })))
    .filter(({ text }) => text.includes(' '))
}

function textsOf(code: string): readonly string[] {
  const source = ts.createSourceFile('source.ts', code, ts.ScriptTarget.ESNext, true)
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    const text = textOf(node)
    if (text !== undefined) texts.push(text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
}
