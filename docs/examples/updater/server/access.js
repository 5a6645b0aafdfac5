import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from './refusal.js'

const digest = (text) => createHash('sha256').update(text).digest()

/** A check before a request's body is read: who has the token may go on. */
export function bearer(token) {
  if (typeof token !== 'string' || token.length < 32) throw new Error('PUBLISH_TOKEN must have at least 32 characters')
  const expected = digest(`Bearer ${token}`)
  return async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return
    reply.header('www-authenticate', 'Bearer')
    throw new Refusal(401, 'unauthorized', 'this needs the right token')
  }
}
