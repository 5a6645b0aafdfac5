import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { splitEnvelope, verifyEnvelope } from 'otaseal/device'
import { Refusal } from './refusal.js'
import { appParams, publishQuery, releaseParams, rolloutBody, trustBody } from './schemas.js'
import { setRollout } from './releases.js'

/** No head is larger, with what stands before it in the file. */
const HEAD_MAX = 262_144 + 12

/** What only the publisher may do: publish, look at what is published, and decide who gets it. */
export function publishRoutes(app, { database, payloads, releases, trust, onRequest }) {
  app.post('/v1/apps/:app/releases', { onRequest, schema: { params: appParams, querystring: publishQuery } }, async (request, reply) => {
    const percent = Number(request.query.percent ?? 100)
    const release = await payloads.receive(request, async (path) => publish(path, request.params.app, percent))
    return reply.code(201).send(release)
  })

  app.get('/v1/apps/:app/releases', { onRequest, schema: { params: appParams } }, async (request) => ({ releases: releases.list(request.params.app) }))

  app.patch('/v1/releases/:releaseId', { onRequest, schema: { params: releaseParams, body: rolloutBody } }, async (request) => {
    const rollout = setRollout(database, 'releases', request.params.releaseId, request.body)
    if (rollout === undefined) throw new Refusal(404, 'unknown-release', 'this server has no such release')
    return rollout
  })

  app.post('/v1/apps/:app/trust', { onRequest, schema: { params: appParams, body: trustBody } }, async (request, reply) => {
    const result = await trust.add(request.params.app, JSON.stringify(request.body))
    return reply.code(201).send(result)
  })

  /** Checks all that can be checked without a reader key; the payload has its name before anyone is told of the release. */
  async function publish(path, appId, percent) {
    const { header } = await verifyEnvelope(Readable.toWeb(createReadStream(path)), { trust: trust.current(appId), app: appId })
    if (header.channel === undefined) throw new Refusal(422, 'wrong-channel', 'the release is for no channel')
    if (header.runtime === undefined) throw new Refusal(422, 'wrong-runtime', 'the release is for no runtime')
    checkNewer(header)
    const { head, start } = await headOf(path)
    // As `releaseId` of `openEnvelope`, which a server without a reader key can't call.
    const releaseId = createHash('sha256').update(JSON.parse(head).payload).digest('hex')
    try {
      await payloads.keep(path, start, releaseId)
      checkNewer(header) // another one may have come meanwhile
      releases.add({ releaseId, header, head, percent, published: Math.floor(Date.now() / 1000) })
    } catch (error) {
      if (!releases.has(releaseId)) await payloads.remove(releaseId)
      throw error
    }
    return { releaseId, version: header.version, channel: header.channel, sequence: header.sequence, percent }
  }

  function checkNewer({ app, channel, sequence }) {
    const last = releases.lastSequence(app, channel)
    if (sequence <= last) throw new Refusal(409, 'rollback', `the sequence ${sequence} is not above ${last}, the last one of this channel`)
  }
}

/** The head of the envelope in a file, and where its payload begins. */
async function headOf(path) {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_MAX), 0, HEAD_MAX, 0)
    const { head, payload } = splitEnvelope(buffer.subarray(0, bytesRead))
    return { head, start: bytesRead - payload.length }
  } finally {
    await file.close()
  }
}
