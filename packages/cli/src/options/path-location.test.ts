import { describe, expect, it } from 'vitest'
import { pathLocation } from './path-location.ts'

describe('--path', () => {
  it.each([
    ['backups', 'backups'],
    ['/var/lib/a?b#c', '/var/lib/a?b#c'],
    ['file:///var/lib/kbackup', '/var/lib/kbackup'],
  ])('%s is the folder %s', (path, directory) => {
    expect(pathLocation(path)).toEqual({ backend: 'filesystem', directory })
  })

  it.each([
    ['s3://bucket', { bucket: 'bucket' }],
    ['S3://bucket/', { bucket: 'bucket' }],
    ['s3://bucket/prod/eu', { bucket: 'bucket', prefix: 'prod/eu' }],
    [
      's3://bucket/prod?endpoint=http://127.0.0.1:9000&region=eu-west-1&path_style=true',
      { bucket: 'bucket', prefix: 'prod', endpoint: 'http://127.0.0.1:9000', region: 'eu-west-1', pathStyle: true },
    ],
    ['s3://bucket?endpoint=https%3A%2F%2Fs3.example.com', { bucket: 'bucket', endpoint: 'https://s3.example.com' }],
    ['s3://bucket?path_style=false', { bucket: 'bucket', pathStyle: false }],
  ])('%s is that bucket', (path, location) => {
    expect(pathLocation(path)).toEqual({ backend: 's3', ...location })
  })

  it.each([
    ['s3://', /names no bucket/],
    ['s3://key:canary@bucket', /^--path s3:\/\/bucket holds credentials$/],
    ['s3://key:can@ary@bucket', /^--path s3:\/\/bucket holds credentials$/],
    ['s3://key:a/canary@bucket/prod?region=a', /^--path s3:\/\/bucket\/prod holds credentials$/],
    ['s3://key:#can?ary@bucket', /^--path s3:\/\/bucket holds credentials$/],
    ['s3://key:canary', /^--path s3:\/\/… holds credentials$/],
    ['s3://bucket/prefix#canary', /^--path s3:\/\/bucket\/prefix has a part behind a #$/],
    ['s3://bucket?secret_key=canary', /parameter that is not known/],
    ['s3://bucket?region=a&region=canary', /^--path s3:\/\/bucket has region twice$/],
    ['s3://bucket?path_style=canary', /neither true nor false/],
  ])('%s is refused without being repeated', (path, message) => {
    const refused = expect.objectContaining({ code: 'KB_USAGE', message: expect.stringMatching(message) })
    expect(() => pathLocation(path)).toThrow(refused)
    expect(() => pathLocation(path)).not.toThrow(/canary/)
  })

  it.each([
    's3a://key:canary@bucket/x',
    'r2://bucket/y?key=canary',
    's3:/key:canary@bucket/x',
    'https://me:canary@example.com/x',
    'abfss://canary@account/x',
  ])('%s is no folder, and refused without being repeated', (path) => {
    expect(() => pathLocation(path)).toThrow(expect.objectContaining({ code: 'KB_UNSUPPORTED' }))
    expect(() => pathLocation(path)).not.toThrow(/canary/)
  })

  it('a path of Windows is a folder', () => {
    expect(pathLocation('C:/backups')).toEqual({ backend: 'filesystem', directory: 'C:/backups' })
  })

  it.each([
    ['gs://bucket', { bucket: 'bucket' }],
    ['gcs://bucket/prod/eu', { bucket: 'bucket', prefix: 'prod/eu' }],
    [
      'gs://bucket/prod?endpoint=http://127.0.0.1:4443&project=p',
      { bucket: 'bucket', prefix: 'prod', endpoint: 'http://127.0.0.1:4443', project: 'p' },
    ],
  ])('%s is that bucket of Google', (path, location) => {
    expect(pathLocation(path)).toEqual({ backend: 'gcs', ...location })
  })

  it.each([
    ['gs://', /names no bucket/],
    ['gs://key:canary@bucket', /^--path gs:\/\/bucket holds credentials$/],
    ['gs://bucket?key_file=canary', /parameter that is not known/],
  ])('%s is refused without being repeated', (path, message) => {
    const refused = expect.objectContaining({ code: 'KB_USAGE', message: expect.stringMatching(message) })
    expect(() => pathLocation(path)).toThrow(refused)
    expect(() => pathLocation(path)).not.toThrow(/canary/)
  })

  it('of a kind that archives cannot lie behind is refused', () => {
    expect(() => pathLocation('https://host/a')).toThrow(expect.objectContaining({ code: 'KB_UNSUPPORTED' }))
    const message = expect.stringMatching(/^--path https:\/\/host\/a: /)
    expect(() => pathLocation('https://me:a/canary@host/a?b')).toThrow(expect.objectContaining({ message }))
  })

  it('may have a prefix with an @', () => {
    expect(pathLocation('s3://bucket/a@b')).toEqual({ backend: 's3', bucket: 'bucket', prefix: 'a@b' })
    expect(() => pathLocation('s3://bucket/a@b?x=1')).toThrow(/^--path s3:\/\/bucket\/a@b has a parameter/)
  })

  it.each([
    ['az://account/container', { account: 'account', container: 'container' }],
    ['azure://account/container/', { account: 'account', container: 'container' }],
    ['az://account/container/prod/eu', { account: 'account', container: 'container', prefix: 'prod/eu' }],
    [
      'az://account/container/prod?endpoint=http://127.0.0.1:10000',
      { account: 'account', container: 'container', prefix: 'prod', endpoint: 'http://127.0.0.1:10000' },
    ],
  ])('%s is that container', (path, location) => {
    expect(pathLocation(path)).toEqual({ backend: 'azure', ...location })
  })

  it.each([
    ['az://', /names no storage account/],
    ['az://account', /names no container/],
    ['az://key:canary@account/container', /holds credentials/],
    ['az://account:a/canary@account/container', /^--path az:\/\/account\/container holds credentials$/],
    ['az://account/container?sv=2024-11-04&sig=canary', /^--path az:\/\/account\/container holds a signature$/],
    ['az://account/container?account_key=canary', /parameter that is not known/],
  ])('%s is refused without being repeated', (path, message) => {
    const refused = expect.objectContaining({ code: 'KB_USAGE', message: expect.stringMatching(message) })
    expect(() => pathLocation(path)).toThrow(refused)
    expect(() => pathLocation(path)).not.toThrow(/canary/)
  })

  it('says what a mistyped parameter may have meant', () => {
    expect(() => pathLocation('s3://bucket?regoin=a')).toThrow(
      expect.objectContaining({ hint: 'did you mean region?' }),
    )
  })
})
