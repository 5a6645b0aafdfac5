import { EnvelopeError } from 'otaseal/device'

/** What a client is told: a status, a code for programs and a message for people. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Every error as JSON; of those that nobody expected nothing but that there was one. */
export function answerErrors(app) {
  app.setNotFoundHandler((request, reply) => send(reply, 404, 'not-found', 'there is nothing at this address'))
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Refusal) return send(reply, error.status, error.code, error.message)
    if (error instanceof EnvelopeError) return send(reply, 422, error.code, error.message)
    if (error.statusCode >= 400 && error.statusCode < 500) return send(reply, error.statusCode, 'bad-request', error.message)
    request.log.error(error)
    return send(reply, 500, 'internal', 'the server made a mistake, which its log has')
  })
}

function send(reply, status, code, message) {
  return reply.code(status).header('cache-control', 'no-store').send({ error: { code, message } })
}
