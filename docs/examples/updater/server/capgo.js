import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { capgoUpdateAnswer, checkCapgoRelease, noCapgoUpdate, readCapgoUpdateRequest } from 'otaseal/capgo'
import { EnvelopeError } from 'otaseal/device'
import { Refusal } from './refusal.js'
import { isInRollout } from './rollout.js'
import { setRollout } from './releases.js'
import { appParams, capgoPublishQuery, releaseParams, rolloutBody } from './schemas.js'

const KEY = '.capgo.pem'
/** What `setDefaultChannel` of a plugin is unless an app says otherwise. */
const DEFAULT_CHANNEL = 'production'
const MOST_LOOKED_AT = 50

/**
 * Releases for deployed Capgo plugins, a format of its own. The public key of `apps/APP.capgo.pem` checks them, and it reads them too: that
 * is how the format is. Nothing in it says which release is newer, so here that is the order in which they came.
 */
export function capgoRoutes(app, { folder, database, payloads, onRequest, publicUrl }) {
  const keys = keysIn(join(folder, 'apps'))

  app.post('/v1/capgo/apps/:app/releases', { onRequest, schema: { params: appParams, querystring: capgoPublishQuery } }, async (request, reply) => {
    const publicKey = keys.get(request.params.app)
    if (publicKey === undefined) throw new Refusal(404, 'unknown-app', 'this server has no such app with a Capgo key')
    const claims = { percent: '100', ...request.query, app: request.params.app, publicKey }
    return reply.code(201).send(await payloads.receive(request, async (path) => publish(path, claims, { database, payloads })))
  })

  app.patch('/v1/capgo/releases/:releaseId', { onRequest, schema: { params: releaseParams, body: rolloutBody } }, async (request) => {
    const rollout = setRollout(database, 'capgo_releases', request.params.releaseId, request.body)
    if (rollout === undefined) throw new Refusal(404, 'unknown-release', 'this server has no such release')
    return rollout
  })

  // What `updateUrl` of the plugin's config names. Its answers have status 200, whatever they say.
  app.post('/v1/capgo/updates', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const asked = readRequest(request.body)
    return answer(asked, newestFor(database, asked), publicUrl)
  })

  app.get('/v1/capgo/payloads/:releaseId', { schema: { params: releaseParams } }, async (request, reply) => {
    const { releaseId } = request.params
    if (database.get('SELECT 1 FROM capgo_releases WHERE release_id = ?', [releaseId]) === null) return reply.callNotFound()
    return reply.type('application/octet-stream').sendFile(releaseId, { immutable: true, maxAge: '365d' })
  })
}

function keysIn(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(KEY))
  return new Map(names.map((name) => [name.slice(0, -KEY.length), readFileSync(join(folder, name), 'utf8')]))
}

/** Takes what devices would take, and nothing that was there before. */
async function publish(path, { app, publicKey, channel, version, sessionKey, checksum, keyId, percent }, { database, payloads }) {
  const previous = database.all('SELECT session_key AS sessionKey, checksum FROM capgo_releases WHERE app = ?', [app])
  const isKnown = (id) => database.get('SELECT 1 FROM capgo_releases WHERE release_id = ?', [id]) !== null
  const upload = { payload: Readable.toWeb(createReadStream(path)), sessionKey, checksum, keyId }
  const { problems, warnings } = await checkCapgoRelease(upload, { publicKey, previous })
  if (problems.length > 0) throw new Refusal(422, problems[0].code, problems[0].message)
  if (warnings.some(({ code }) => code === 'repeated-release')) throw repeated()
  // With the checksum, which is of the content: two uploads at once under one name are the same bytes.
  const releaseId = createHash('sha256').update(`${app}\n${channel}\n${version}\n${sessionKey}\n${checksum}`).digest('hex')
  await payloads.keep(path, 0, releaseId)
  if (isKnown(releaseId)) throw repeated() // another one has come meanwhile
  database.run(
    `INSERT INTO capgo_releases (release_id, app, channel, version, session_key, checksum, key_id, percent, published)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [releaseId, app, channel, version, sessionKey, checksum, keyId, Number(percent), Math.floor(Date.now() / 1000)],
  )
  return { releaseId, version, channel, percent: Number(percent), warnings: warnings.map(({ code }) => code) }
}

function repeated() {
  return new Refusal(409, 'repeated-release', 'this release was published before: encrypt it again')
}

function newestFor(database, { app_id, device_id, defaultChannel }) {
  const rows = database.all(
    `SELECT release_id, version, session_key, checksum, key_id, percent FROM capgo_releases
     WHERE app = ? AND channel = ? AND paused = 0 ORDER BY rowid DESC LIMIT ?`,
    [app_id, defaultChannel || DEFAULT_CHANNEL, MOST_LOOKED_AT],
  )
  return rows.find(({ release_id, percent }) => isInRollout(release_id, device_id, percent))
}

function answer(request, found, publicUrl) {
  if (found === undefined || found.version === request.version_name) return noCapgoUpdate({ message: 'No new version available' })
  if (publicUrl === undefined) return noCapgoUpdate({ message: 'PUBLIC_URL is not set', kind: 'failed', error: 'not-configured' })
  try {
    return capgoUpdateAnswer({
      version: found.version,
      url: new URL(`/v1/capgo/payloads/${found.release_id}`, publicUrl).href,
      release: { sessionKey: found.session_key, checksum: found.checksum, keyId: found.key_id },
      request,
    })
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return noCapgoUpdate({ message: error.message, kind: 'blocked', error: error.code })
  }
}

function readRequest(body) {
  try {
    return readCapgoUpdateRequest(body)
  } catch (error) {
    if (error instanceof EnvelopeError) throw new Refusal(400, error.code, error.message)
    throw error
  }
}
