import { appParams, epochParams, releaseParams, updateBody } from './schemas.js'

/** Every answer but a payload is about this moment. */
async function fresh(request, reply) {
  reply.header('cache-control', 'no-store')
}

/** What devices ask. Nothing that they say is proven, and nothing here is secret from them. */
export function deviceRoutes(app, { releases, trust }) {
  app.get('/v1/apps/:app/channels', { onRequest: fresh, schema: { params: appParams } }, async (request) => ({ channels: releases.channels(request.params.app) }))

  app.post('/v1/update', { onRequest: fresh, schema: { body: updateBody } }, async (request) => {
    const found = releases.newestFor(request.body, Math.floor(Date.now() / 1000))
    if (found === undefined) return { release: null }
    return { release: { head: JSON.parse(found.head), payload: `/v1/payloads/${found.release_id}` } }
  })

  app.get('/v1/apps/:app/trust/:epoch', { onRequest: fresh, schema: { params: epochParams } }, async (request) => ({
    update: trust.after(request.params.app, Number(request.params.epoch)),
  }))

  // Ranges, ETag and If-Range are the work of @fastify/static. A release's payload never changes.
  app.get('/v1/payloads/:releaseId', { schema: { params: releaseParams } }, async (request, reply) => {
    const { releaseId } = request.params
    if (!releases.has(releaseId)) return reply.callNotFound()
    return reply.type('application/octet-stream').sendFile(releaseId, { immutable: true, maxAge: '365d' })
  })
}
