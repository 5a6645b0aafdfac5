import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import cors from '@fastify/cors'
import files from '@fastify/static'
import fastify from 'fastify'
import { bearer } from './access.js'
import { capgoRoutes } from './capgo.js'
import { openDatabase } from './database.js'
import { deviceRoutes } from './devices.js'
import { payloadFolder } from './payloads.js'
import { publishRoutes } from './publish.js'
import { answerErrors } from './refusal.js'
import { releaseTable } from './releases.js'
import { trustTable } from './trust.js'

/** JSON of publishers and devices; the largest is a trust update. */
const JSON_MAX = 512 * 1024
const UPLOAD_MAX = 500 * 2 ** 20

/**
 * The update server of a data folder: `apps/` says whom it trusts, the rest it makes itself. It holds no key that signs and none that reads.
 *
 * @param token what a publisher must bring
 * @param publicUrl where deployed Capgo plugins reach it: they take addresses of https alone
 */
export async function createServer({ folder, token, publicUrl, uploadMax = UPLOAD_MAX, logger = false }) {
  mkdirSync(join(folder, 'apps'), { recursive: true })
  const database = openDatabase(folder)
  const payloads = payloadFolder(folder, uploadMax)
  const parts = { folder, database, payloads, releases: releaseTable(database), trust: trustTable(folder, database), onRequest: bearer(token), publicUrl }

  const app = fastify({
    logger,
    bodyLimit: JSON_MAX,
    // The longest name of an app.
    routerOptions: { maxParamLength: 128 },
    requestTimeout: 600_000,
    connectionTimeout: 60_000,
    // What is asked is taken as it is or refused, never bent until it fits.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  })
  app.removeContentTypeParser('text/plain')
  // Uploads are streams; their own limit is where they are written.
  app.addContentTypeParser('application/octet-stream', (request, body, done) => done(null, body))
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  app.addHook('onClose', async () => database.close())
  answerErrors(app)
  // The app runs elsewhere: in a WebView, or on its own site.
  await app.register(cors, { origin: '*', methods: ['GET', 'HEAD', 'POST'], exposedHeaders: ['content-range', 'etag'], maxAge: 600 })
  await app.register(files, { root: payloads.payloads, serve: false })
  publishRoutes(app, parts)
  deviceRoutes(app, parts)
  capgoRoutes(app, parts)
  return app
}
