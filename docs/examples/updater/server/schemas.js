/** What a name of an app, channel, runtime or version may be: the same as in a signed header. */
const name = { type: 'string', pattern: '^[A-Za-z0-9._+-]{1,128}$' }
const releaseId = { type: 'string', pattern: '^[0-9a-f]{64}$' }
const integer = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
const percent = { type: 'integer', minimum: 0, maximum: 100 }

/** An object of exactly these members; those of `optional` may be missing. */
function exactly(properties, optional = {}) {
  return { type: 'object', required: Object.keys(properties), properties: { ...properties, ...optional }, additionalProperties: false }
}

export const appParams = exactly({ app: name })
export const epochParams = exactly({ app: name, epoch: { type: 'string', pattern: '^[0-9]{1,15}$' } })
export const releaseParams = exactly({ releaseId })
/** In an address everything is text. */
export const publishQuery = exactly({}, { percent: { type: 'string', pattern: '^(100|[1-9]?[0-9])$' } })
export const rolloutBody = { ...exactly({}, { percent, paused: { type: 'boolean' } }), minProperties: 1 }

/** Of a trust update only that it may be one: what it must be, otaseal checks. */
export const trustBody = { type: 'object', required: ['payload', 'signatures'] }

export const updateBody = exactly({
  app: name,
  channel: name,
  runtime: name,
  deviceId: { type: 'string', format: 'uuid' },
  lastSequence: integer,
})

export const capgoPublishQuery = exactly(
  {
    version: name,
    channel: name,
    sessionKey: { type: 'string', maxLength: 512 },
    checksum: { type: 'string', maxLength: 1024 },
    keyId: { type: 'string', minLength: 1, maxLength: 64 },
  },
  { percent: publishQuery.properties.percent },
)
