import { inspect } from 'node:util'
import { KbackupError } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import type { Mode } from './config-schema.ts'
import { parseConfig } from './load-config.ts'
import { Secret } from './secret.ts'

const HEAD = `mode: restore
backup_id: payments
target:
  bootstrap_servers: [localhost:9092]
storage:
  backend: filesystem
  path: ./backups
`

function load(text: string, { environment = {}, mode = 'restore' as Mode } = {}) {
  return parseConfig({ file: 'restore.yaml', text, environment }, mode)
}

function refusal(text: string, options: Parameters<typeof load>[1] = {}): KbackupError {
  try {
    load(text, options)
  } catch (error) {
    if (KbackupError.is(error)) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('a configuration file', () => {
  it('is refused with file, line, column, key and remedy for seconds given for milliseconds', () => {
    const error = refusal(`${HEAD}restore:\n  time_window_end: 1732886940\n`)
    expect(error.code).toBe('KB_CONFIG_INVALID')
    expect(error.message).toBe(
      'restore.yaml:9:20 restore.time_window_end: 1732886940 is in 1970; epoch milliseconds are expected, ' +
        'did you mean 1732886940000 (2024-11-29T13:29:00Z)?',
    )
  })

  it('gives windows as epoch milliseconds, from numbers and from ISO 8601', () => {
    const { config } = load(
      `${HEAD}restore:\n  time_window_start: 1732886940000\n  time_window_end: "2024-11-29T14:30:00+01:00"\n`,
    )
    expect(config.restore).toEqual({ time_window_start: 1732886940000n, time_window_end: 1732887000000n })
  })

  it('is refused for a window that ends before it begins', () => {
    const error = refusal(`${HEAD}restore:\n  time_window_start: 1732886940001\n  time_window_end: 1732886940000\n`)
    expect(error.message).toMatch(/^restore\.yaml:10:20 restore\.time_window_end: .* is before time_window_start/)
  })

  it('is refused for an unknown key, with the closest known one', () => {
    const error = refusal(`${HEAD}restore:\n  topic_maping:\n    a: b\n`)
    expect(error.message).toBe('restore.yaml:9:3 restore.topic_maping: is not a known key; did you mean topic_mapping?')
  })

  it('is refused for a key of another tool, with what to do instead', () => {
    const error = refusal(`${HEAD}offset_storage:\n  backend: sqlite\n`)
    expect(error.message).toContain(
      'offset_storage: is not a known key; remove it: a backup goes on from its last commit',
    )
  })

  const backup = HEAD.replace('mode: restore', 'mode: backup').replace('target:', 'source:')

  it('is refused for a known key that is not built yet, even where its value is harmless to ignore', () => {
    const error = refusal(`${backup}metrics: { enabled: false }\n`, { mode: 'backup' })
    expect(error.code).toBe('KB_UNSUPPORTED')
    expect(error.message).toMatch(/^restore\.yaml:8:1 metrics: an endpoint for metrics and health is not supported/)
  })

  it('is accepted where a key that is not built yet asks for what happens anyway', () => {
    expect(() => load(`${backup}backup: { continuous: false }\n`, { mode: 'backup' })).not.toThrow()
    expect(refusal(`${backup}backup: { continuous: true }\n`, { mode: 'backup' }).code).toBe('KB_UNSUPPORTED')
  })

  it('is refused for an interval without the file that is written, and for one file for two things', () => {
    const interval = refusal(`${HEAD}restore:\n  checkpoint_interval_secs: 30\n`)
    expect(interval.message).toContain('checkpoint_interval_secs: says nothing without checkpoint_state')
    const same = refusal(`${HEAD}restore:\n  checkpoint_state: a.json\n  offset_report: a.json\n`)
    expect(same.message).toContain('restore.yaml:10:18 restore.offset_report: is the file of checkpoint_state')
  })

  it('is refused for wrong types, at the place of each of them, in the order of the file', () => {
    const error = refusal(
      `${HEAD}restore:\n  dry_run: "yes"\n  source_partitions: [0, one]\n  existing_topics: overwrite\n  topic_mapping: [a]\n`,
    )
    expect(error.message.split('\n')).toEqual([
      "restore.yaml:9:12 restore.dry_run: 'yes' is not accepted; true or false is expected",
      "restore.yaml:10:26 restore.source_partitions[1]: 'one' is not accepted; list of whole numbers is expected",
      "restore.yaml:11:20 restore.existing_topics: 'overwrite' is not accepted; one of fail, append, only-missing, purge, recreate is expected",
      'restore.yaml:12:18 restore.topic_mapping: a list is not accepted; section of topic: topic is expected',
    ])
  })

  it('is refused for numbers out of bounds and keys without a value', () => {
    const error = refusal(`${HEAD}restore:\n  max_concurrent_partitions: 0\n  consumer_groups:\n`)
    expect(error.message).toContain('max_concurrent_partitions: 0 is out of bounds; 1 or more is expected')
    expect(error.message).toContain('restore.yaml:10:3 restore.consumer_groups: is empty; give it a value')
  })

  it('is refused for what is missing, at its section', () => {
    const error = refusal('mode: restore\ntarget:\n  topics: { include: ["*"] }\nstorage:\n  backend: filesystem\n')
    expect(error.message).toContain('restore.yaml:1:1 backup_id: is missing; text is expected')
    expect(error.message).toContain(
      'restore.yaml:2:1 target.bootstrap_servers: is missing; list of host:port is expected',
    )
    expect(error.message).toContain('restore.yaml:4:1 storage.path: is missing; backend filesystem needs the folder')
  })

  it('is refused for keys of a store that its backend does not know or lacks', () => {
    const s3 = HEAD.replace('backend: filesystem', 'backend: s3')
    expect(refusal(`${s3}  access_key: a\n`).message.split('\n')).toEqual([
      'restore.yaml:5:1 storage.bucket: is missing; backend s3 needs the name of the bucket',
      'restore.yaml:5:1 storage.secret_key: is missing; give both keys, or neither',
      'restore.yaml:7:9 storage.path: means nothing to backend s3; remove it',
    ])
    const token = HEAD.replace(/backend: filesystem\n.*path:.*\n/, 'backend: s3\n  bucket: b\n')
    expect(refusal(`${token}  session_token: a\n`).message).toMatch(/storage\.session_token: says nothing without/)
    expect(refusal(`${HEAD}  bucket: b\n  checksum: crc32\n`).message.split('\n')).toEqual([
      'restore.yaml:8:11 storage.bucket: means nothing to backend filesystem; remove it',
      'restore.yaml:9:13 storage.checksum: means nothing to backend filesystem; remove it',
    ])
    const gcs = HEAD.replace('backend: filesystem', 'backend: gcs')
    expect(refusal(`${gcs}  bucket: b\n  client_email: a\n  region: a\n`).message.split('\n')).toEqual([
      'restore.yaml:5:1 storage.private_key: is missing; give both keys, or neither',
      'restore.yaml:7:9 storage.path: means nothing to backend gcs; remove it',
      'restore.yaml:10:11 storage.region: means nothing to backend gcs; remove it',
    ])
    const azure = HEAD.replace('backend: filesystem', 'backend: azure')
    expect(refusal(`${azure}  container: c\n  region: a\n`).message.split('\n')).toEqual([
      'restore.yaml:5:1 storage.account: is missing; backend azure needs the name of the storage account',
      'restore.yaml:7:9 storage.path: means nothing to backend azure; remove it',
      'restore.yaml:9:11 storage.region: means nothing to backend azure; remove it',
    ])
  })

  it.each(['s3://key:canary@bucket/x', 's3a://canary/x', 's3:/canary'])(
    'is refused for the URL %s in place of a folder or a name, without repeating it',
    (url) => {
      const folder = HEAD.replace(/path:.*/, `path: '${url}'`)
      expect(refusal(folder).message).toContain('storage.path: is a URL; name a folder')
      const bucket = HEAD.replace(/backend: filesystem\n.*path:.*\n/, `backend: s3\n  bucket: '${url}x://@'\n`)
      expect(refusal(bucket).message).toContain('storage.bucket: is not a name')
      for (const text of [folder, bucket]) expect(refusal(text).message).not.toContain('canary')
    },
  )

  it('is refused for the other mode, and for sections that the mode does not use', () => {
    expect(refusal(HEAD, { mode: 'backup' }).message).toBe(
      'restore.yaml:1:7 mode: the file is for mode restore, this command is of mode backup; give it another file',
    )
    expect(refusal(`${HEAD}backup:\n  compression: zstd\n`).message).toContain('backup: is not used by mode restore')
  })

  it('is refused for a topic pattern that cannot be read', () => {
    const error = refusal(HEAD.replace('[localhost:9092]', '[localhost:9092]\n  topics:\n    include: ["~pay("]'))
    expect(error.message).toMatch(
      /^restore\.yaml:6:15 target\.topics\.include\[0\]: topic pattern '~pay\(' is not a regular/,
    )
  })

  it('is refused for a broker address without a port, and for several in one text', () => {
    for (const servers of ['localhost', '"a:1,b:2"']) {
      expect(refusal(HEAD.replace('localhost:9092', servers)).message).toContain(
        'target.bootstrap_servers[0]: a broker address is written host:port',
      )
    }
  })

  it('accepts what other tools call protocols and mechanisms', () => {
    const security = '\n  security: { security_protocol: sasl_ssl, sasl_mechanism: SCRAM_SHA256 }'
    const { config } = load(HEAD.replace('[localhost:9092]', `[localhost:9092]${security}`))
    expect(config.target?.security).toEqual({ security_protocol: 'SASL_SSL', sasl_mechanism: 'SCRAM-SHA-256' })
  })

  it('keeps a topic that is called like a property of every object', () => {
    const { config } = load(`${HEAD}restore:\n  topic_mapping:\n    constructor: a\n    orders: toString\n`)
    expect(Object.entries(config.restore?.topic_mapping ?? {})).toEqual([
      ['constructor', 'a'],
      ['orders', 'toString'],
    ])
  })

  it('is refused for a key called __proto__, which would vanish otherwise', () => {
    const error = refusal(`${HEAD}restore:\n  topic_mapping: { orders: a, __proto__: b }\n`)
    expect(error.message).toMatch(/^restore\.yaml:9:31 __proto__: cannot be a key/)
    expect(load(`${HEAD}restore:\n  topic_mapping: { a: __proto__ }\n`).config.restore?.topic_mapping).toEqual({
      a: '__proto__',
    })
  })

  it('says what include_offset_headers means here, and takes it', () => {
    const text = HEAD.replace('mode: restore', 'mode: backup').replace('target:', 'source:')
    const { notes } = load(`${text}backup:\n  include_offset_headers: true\n`, { mode: 'backup' })
    expect(notes).toEqual([
      'backup.include_offset_headers: positions are kept without it, and no header is added to any record',
    ])
  })

  it('reads sizes with and without units', () => {
    const text = HEAD.replace('mode: restore', 'mode: backup').replace('target:', 'source:')
    const { config } = load(`${text}backup:\n  max_memory_bytes: 64MiB\n  segment_max_bytes: 134217728\n`, {
      mode: 'backup',
    })
    expect(config.backup).toEqual({ max_memory_bytes: 67108864, segment_max_bytes: 134217728 })
    expect(refusal(`${text}backup:\n  max_memory_bytes: much\n`, { mode: 'backup' }).message).toContain(
      "'much' is not a size; write bytes, or a unit with it such as 64MiB",
    )
  })
})

describe('variables', () => {
  const secured = (password: string) =>
    HEAD.replace('[localhost:9092]', () => `[localhost:9092]\n  security:\n    sasl_password: ${password}`)

  it('are filled in as text, whatever they hold', () => {
    for (const held of ['12345', 'true', 'a: b', '${HOME}', '[x', '"', 'p#w', '']) {
      if (held === '') continue
      const { config } = load(secured('${PASSWORD}'), { environment: { PASSWORD: held } })
      expect(config.target?.security?.sasl_password?.reveal()).toBe(held)
    }
  })

  it('that are missing are an error that names place and variable', () => {
    expect(refusal(secured('${PASSWORD}')).message).toBe(
      'restore.yaml:6:20 the environment has no variable ${PASSWORD}; set it, or write $${ for a ${ that begins no variable',
    )
  })

  it('can be numbers and booleans where these are expected', () => {
    const text = `${HEAD}restore:\n  time_window_end: \${END}\n  dry_run: \${DRY}\n  source_partitions: ["\${PARTITION}"]\n`
    const environment = { END: '1732886940000', DRY: 'true', PARTITION: '3' }
    expect(load(text, { environment }).config.restore).toEqual({
      time_window_end: 1732886940000n,
      dry_run: true,
      source_partitions: [3],
    })
    expect(refusal(text, { environment: { ...environment, DRY: 'yes' } }).message).toContain(
      "restore.dry_run: '${DRY}' is not accepted; true or false is expected",
    )
  })

  it('are not begun by $${ or a lone $', () => {
    const { config } = load(secured("'$${X}$y$$'"))
    expect(config.target?.security?.sasl_password?.reveal()).toBe('${X}$y$$')
  })

  it('that are never closed or hold no name are an error', () => {
    expect(refusal(secured("'${X'")).message).toContain('restore.yaml:6:20 a variable is written ${NAME}')
    expect(refusal(secured("'${a b}'")).message).toContain('a variable is written ${NAME}')
  })
})

describe('secrets', () => {
  const password = 'hunter2-and-more'
  const withSecurity = (lines: string) => HEAD.replace('[localhost:9092]', `[localhost:9092]\n  security:\n${lines}`)
  const everything = (error: KbackupError) =>
    `${error.message} ${error.hint} ${inspect(error)} ${JSON.stringify(error)}`

  it('are not in any error, whatever is wrong with the file', () => {
    const broken = [
      withSecurity(`    sasl_password: [${password}]\n`),
      withSecurity(`    sasl_password: { a: ${password} }\n`),
      withSecurity(`    sasl_password: !${password}\n`),
      withSecurity(`    sasl_password: *${password}\n`),
      withSecurity(`    sasl_password: @${password}\n`),
      withSecurity(`    sasl_password: "${password}\\q"\n`),
      withSecurity(`    sasl_password: "${password}\n`),
      withSecurity(`    sasl_password: a: ${password}\n`),
      withSecurity(`    sasl_password: ${password}\n    sasl_password: ${password}\n`),
      withSecurity(`    sasl_pasword: ${password}\n`),
      withSecurity(`\tsasl_password: ${password}\n`),
      withSecurity(`    security_protocol: \${PASSWORD}\n`),
      HEAD.replace('./backups', '{ a: $' + '{PASSWORD} }'),
      HEAD.replace('localhost:9092', '"${PASSWORD}"'),
      `${HEAD}restore:\n  time_window_end: \${PASSWORD}\n  max_memory_bytes: \${PASSWORD}\n`,
    ]
    for (const text of broken) {
      expect(everything(refusal(text, { environment: { PASSWORD: password } }))).not.toContain('hunter2')
    }
  })

  it('show nothing when they are printed in any way', () => {
    const secret = new Secret(password)
    const shown = `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { depth: 9, showHidden: true })}`
    expect(shown).not.toContain('hunter2')
    expect(secret.reveal()).toBe(password)
  })
})

describe('broken YAML', () => {
  it('is refused with a place and a remedy', () => {
    expect(refusal('mode: restore\ntarget:\n  topics:\n    include: [*]\n').message).toContain(
      'write patterns in quotation marks',
    )
    expect(refusal('mode: restore\nmode: restore\n').message).toBe(
      'restore.yaml:2:1 this key stands here for the second time; remove one of the two',
    )
    expect(refusal('a: b\n---\nc: d\n').message).toContain('a second document begins')
  })

  it.each([
    [
      'a line that is indented too far',
      'mode: restore\n  backup_id: a\n',
      ['restore.yaml:1:7 a value holds a second colon, or'],
    ],
    [
      'a bracket that is open',
      'target:\n  bootstrap_servers: ["a:1"\nmode: restore\n',
      ['restore.yaml:3:1 the indentation'],
    ],
    [
      'two keys that are there twice',
      'mode: restore\nmode: restore\nbackup_id: a\nbackup_id: a\n',
      ['restore.yaml:2:1 this key stands here', 'restore.yaml:4:1 this key stands here'],
    ],
    [
      'a value that is wrong where none is supported',
      `${HEAD}metrics: { port: x }\n`,
      ['restore.yaml:8:1 metrics: an endpoint for metrics and health'],
    ],
  ])('is told of once: %s', (_name, text, problems) => {
    expect(refusal(text).message.split('\n')).toEqual(problems.map((problem) => expect.stringContaining(problem)))
  })

  it('is refused when the file is empty or not a section', () => {
    expect(refusal('').message).toContain('restore.yaml:1:1')
    expect(refusal('- a\n').message).toContain('restore.yaml:1:1 a list is not accepted; a section is expected')
  })
})
