import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

/** A piece of TypeScript in a document or a doc comment. */
export interface DocExample {
  /** The file from the root of the repository, and the line of its first line. */
  readonly place: string
  readonly code: string
}

/** The examples in the doc comments of all packages: `ts` blocks behind `@example`. */
export function commentExamples(root: string): readonly DocExample[] {
  const files = readdirSync(join(root, 'packages')).flatMap((name) => sources(join(root, 'packages', name, 'src')))
  return files.flatMap((file) =>
    blocksIn(file, root, / \* @example\n((?: \*.*\n)*?) \* ```\n/g).map(({ place, code }) => ({
      place,
      code: code.replaceAll(/^ \* ?/gm, '').replace(/^```ts\n/, ''),
    })),
  )
}

/** The `ts` blocks of a Markdown file. */
export function markdownExamples(file: string, root: string): readonly DocExample[] {
  return blocksIn(join(root, file), root, /^```ts\b.*\n([\s\S]*?)^```$/gm)
}

/**
 * What the compiler has against examples, one sentence each: every one is a module of its own that imports the packages by
 * name, as a user's program does.
 */
export function exampleErrors(examples: readonly DocExample[], root: string): readonly string[] {
  const virtual = new Map(
    examples.map((example, index) => [join(root, 'test-harness', `doc-example-${index}.ts`), example]),
  )
  const program = ts.createProgram([...virtual.keys()], compilerOptions(root), hostWith(virtual, root))
  return [...virtual].flatMap(([path, { place }]) => {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  })
}

function sources(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(directory, name))
}

function blocksIn(file: string, root: string, pattern: RegExp): readonly DocExample[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(pattern)].map(({ 0: whole, 1: code = '', index }) => {
    const line = text.slice(0, index + whole.indexOf('```ts')).split('\n').length + 1
    return { place: `${relative(root, file)}:${line}`, code }
  })
}

function compilerOptions(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return { ...options, noUnusedLocals: false, noUnusedParameters: false }
}

function hostWith(virtual: ReadonlyMap<string, DocExample>, root: string): ts.CompilerHost {
  const host = ts.createCompilerHost(compilerOptions(root))
  // Without an import or an export a file is a script, which may not await.
  const textOf = (path: string) => {
    const example = virtual.get(path)
    return example === undefined ? undefined : `${example.code}\nexport {}\n`
  }
  return {
    ...host,
    fileExists: (path) => virtual.has(path) || host.fileExists(path),
    readFile: (path) => textOf(path) ?? host.readFile(path),
    getSourceFile: (path, ...rest) => {
      const text = textOf(path)
      return text === undefined ? host.getSourceFile(path, ...rest) : ts.createSourceFile(path, text, rest[0], true)
    },
  }
}
