import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { configJsonSchema } from '../config/config-json-schema.ts'
import type { Bind } from '../program.ts'
import { jsonText } from '../rendering/data-format.ts'

/** `kbackup config schema` */
export function configCommand(bind: Bind): Command {
  const schema = new Command('schema')
    .description('Print the JSON Schema of configuration files, for editors and checks.')
    .addHelpText('after', '\nExample:\n  kbackup config schema > kbackup.schema.json')
    .action(bind(printSchema))
  return new Command('config').description('Look at the configuration format.').addCommand(schema)
}

async function printSchema(_options: object, { stdout }: CommandContext): Promise<number> {
  stdout.write(`${jsonText(configJsonSchema(), 2)}\n`)
  return 0
}
