import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const PACKAGES = resolve(import.meta.dirname, '..', 'packages')

interface PackageProgram {
  readonly sources: string
  readonly checker: ts.TypeChecker
  readonly exported: ReadonlySet<ts.Symbol>
}

function packageProgram(folder: string): PackageProgram {
  const sources = join(PACKAGES, folder, 'src')
  const entry = join(sources, 'index.ts')
  const config = ts.readConfigFile(join(PACKAGES, folder, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, join(PACKAGES, folder))
  // Types of Node and the language are none of the package's own: without them this takes a fraction of the time.
  const program = ts.createProgram([entry], { ...options, noEmit: true, noLib: true, types: [] })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const symbol = source && checker.getSymbolAtLocation(source)
  if (symbol === undefined) throw new Error(`${entry} is no module`)
  const exported = new Set(checker.getExportsOfModule(symbol).map((one) => behindAlias(checker, one)))
  return { sources, checker, exported }
}

function behindAlias(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The names of types in a declaration, less what is private to it: bodies, private members, inferred values. */
function* typeNames(node: ts.Node): Generator<ts.Node, void, void> {
  if (ts.isBlock(node) || (ts.isClassElement(node) && node.name && ts.isPrivateIdentifier(node.name))) return
  if (ts.isVariableDeclaration(node) && node.type === undefined) return
  if (ts.isTypeReferenceNode(node)) yield node.typeName
  if (ts.isExpressionWithTypeArguments(node)) yield node.expression
  for (const child of node.getChildren()) yield* typeNames(child)
}

/** Types of the package's own that its public declarations name and that users cannot. */
function unnamable({ sources, checker, exported }: PackageProgram): readonly string[] {
  const found = new Set<string>()
  for (const symbol of exported) {
    for (const name of (symbol.declarations ?? []).flatMap((declaration) => [...typeNames(declaration)])) {
      const named = checker.getSymbolAtLocation(name)
      const type = named && behindAlias(checker, named)
      if (type === undefined || exported.has(type) || type.flags & ts.SymbolFlags.TypeParameter) continue
      const isOwn = type.declarations?.some((one) => one.getSourceFile().fileName.startsWith(sources)) === true
      if (isOwn) found.add(`${symbol.name} names ${type.name}`)
    }
  }
  return [...found].sort()
}

describe('what a package exports', () => {
  it.each(['core', 'kafka-io', 'storage-azure', 'storage-fs', 'storage-gcs', 'storage-s3'])(
    '%s: users can name every type that it is made of',
    (folder) => {
      expect(unnamable(packageProgram(folder))).toEqual([])
    },
    60_000,
  )
})
