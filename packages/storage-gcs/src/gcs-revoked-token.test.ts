import { Storage } from '@google-cloud/storage'
import { OAuth2Client } from 'google-auth-library'
import { expect, it } from 'vitest'
import { failureOf, scriptedGcs } from './testing/scripted-gcs.ts'

const service = scriptedGcs()
const HOUR_MS = 3_600_000

/** A client that has a token for an hour, and another one, or an error, for whoever asks anew. */
function clientThatGets(next: () => string) {
  const asked = { times: 0 }
  const authClient = new OAuth2Client()
  authClient.refreshHandler = async () => {
    asked.times += 1
    return { access_token: next(), expiry_date: Date.now() + HOUR_MS }
  }
  authClient.setCredentials({ access_token: 'revoked', expiry_date: Date.now() + HOUR_MS })
  const client = new Storage({ apiEndpoint: service.endpoint, useAuthWithCustomEndpoint: true, authClient })
  return { asked, client }
}

const tokensSent = () => service.requests.map(({ headers }) => headers.authorization)

it('a token that was revoked before its end is asked for anew, once, and the request is sent with it', async () => {
  const { asked, client } = clientThatGets(() => 'fresh')
  service.script({ status: 401, reason: 'authError' }, {})
  await service.store({ client }).put('a', Buffer.from('x'))
  expect(tokensSent()).toEqual(['Bearer revoked', 'Bearer fresh'])
  await service.store({ client }).put('b', Buffer.from('x'))
  expect(tokensSent().at(-1)).toBe('Bearer fresh')
  expect(asked.times).toBe(1)
})

it('a new token that is refused too ends in an error about the credentials', async () => {
  const { asked, client } = clientThatGets(() => 'fresh')
  service.script({ status: 401, reason: 'authError' }, { status: 401, reason: 'authError' })
  expect(await failureOf(service.store({ client }).get('a'))).toMatchObject({ code: 'KB_STORE_AUTHENTICATION' })
  expect([service.requests.length, asked.times]).toEqual([2, 1])
})

it('a token for which there is no new one is not sent again, and stays as it was', async () => {
  const { client } = clientThatGets(() => {
    throw new Error('no longer allowed')
  })
  service.script({ status: 401, reason: 'authError' })
  const error = await failureOf(service.store({ client }).get('a'))
  expect(error).toMatchObject({ code: 'KB_STORE_AUTHENTICATION', details: { status: 401 } })
  expect(tokensSent()).toEqual(['Bearer revoked'])
})

it('a token that could not be fetched in passing leaves the call to be tried again', async () => {
  const { client } = clientThatGets(() => {
    throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
  })
  service.script({ status: 401, reason: 'authError' })
  expect(await failureOf(service.store({ client }).get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
})
