import files from '@fastify/static'
import fastify from 'fastify'

/** No script but the page's own, no connection but to the update server. */
function pagePolicy(server) {
  const rules = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", `connect-src ${server}`, "img-src data:", "frame-src 'self'", "base-uri 'none'",
    "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ]
  return rules.join('; ')
}

/** What runs in the frame is the bundle: it may do as it likes there, and reach nothing else. */
const FRAME_POLICY = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

/**
 * The app's own files, in the place of an app store. Apart from the update server on purpose: whoever delivers these files is trusted with
 * everything, and the update server with nothing.
 */
export async function createAppServer({ folder, server }) {
  const app = fastify()
  app.addHook('onSend', async (request, reply) => {
    const isFrame = request.url.startsWith('/frame.html')
    reply.header('content-security-policy', isFrame ? FRAME_POLICY : pagePolicy(server))
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cross-origin-opener-policy', 'same-origin')
    reply.header('cache-control', 'no-cache')
  })
  await app.register(files, { root: folder, cacheControl: false })
  return app
}
