import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { encryptFile } from 'otaseal/node'

/** What a publisher does at an update server. Keys stay here: the server gets nothing but what is signed and encrypted. */
export function publisherOf({ server, token }) {
  async function ask(method, path, { body, type }) {
    const response = await fetch(new URL(path, server), {
      method,
      body,
      headers: { authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`)
    return answer
  }

  const upload = async (path, query, body) => ask('POST', `${path}?${new URLSearchParams(query)}`, { body, type: 'application/octet-stream' })
  const asJson = (value) => ({ body: JSON.stringify(value), type: 'application/json' })

  return {
    upload,

    /** Signs, encrypts and uploads a bundle; `claims` are the options of `encryptBundle`. */
    async publish(bundle, claims, percent = 100) {
      const folder = await mkdtemp(join(tmpdir(), 'publish-'))
      try {
        const envelope = join(folder, 'release.otaseal')
        await encryptFile(bundle, envelope, claims)
        return await upload(`/v1/apps/${claims.app}/releases`, { percent }, Readable.toWeb(createReadStream(envelope)))
      } finally {
        await rm(folder, { recursive: true })
      }
    },

    publishTrust: async (app, update) => ask('POST', `/v1/apps/${app}/trust`, { body: update, type: 'application/json' }),
    list: async (app) => (await ask('GET', `/v1/apps/${app}/releases`, {})).releases,
    setRollout: async (releaseId, rollout) => ask('PATCH', `/v1/releases/${releaseId}`, asJson(rollout)),
    setCapgoRollout: async (releaseId, rollout) => ask('PATCH', `/v1/capgo/releases/${releaseId}`, asJson(rollout)),
  }
}
