// `npm start`: an update server, an app that asks it, and on the first start keys and a first release. For trying out, on this machine.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from './app/build.js'
import { createAppServer } from './app/serve.js'
import { createDemo, demoBundle, demoClaims, readDemo } from './publisher/demo.js'
import { publisherOf } from './publisher/client.js'
import { createServer } from './server/server.js'

const { DEMO = fileURLToPath(new URL('demo-data', import.meta.url)), PORT = '8080', APP_PORT = '8081', PUBLIC_URL } = process.env
const [server, appUrl] = [`http://localhost:${PORT}`, `http://localhost:${APP_PORT}`]

const demo = existsSync(join(DEMO, 'publisher/token')) ? await readDemo(DEMO) : await createDemo(DEMO)
await buildApp(join(DEMO, 'app'), { ...demo.config, server })

const updates = await createServer({ folder: join(DEMO, 'server'), token: demo.token, publicUrl: PUBLIC_URL })
await updates.listen({ host: 'localhost', port: Number(PORT) })
const app = await createAppServer({ folder: join(DEMO, 'app'), server })
await app.listen({ host: 'localhost', port: Number(APP_PORT) })

const bundle = (version) => join(DEMO, `publisher/${version}.html`)
const publisher = publisherOf({ server, token: demo.token })
if ((await publisher.list(demo.config.app)).length === 0) {
  await writeFile(bundle('1.0.0'), demoBundle('1.0.0', '#0b5cad'))
  await writeFile(bundle('1.1.0'), demoBundle('1.1.0', '#1a7f37'))
  await publisher.publish(bundle('1.0.0'), demoClaims(demo, { version: '1.0.0' }))
}

console.log(`The app:           ${appUrl}
The update server: ${server}
Keys and data:     ${DEMO}

To publish the next version, in another terminal:

export PUBLISH_TOKEN_FILE=${join(DEMO, 'publisher/token')}
export SIGNING_KEY_FILE=${join(DEMO, 'publisher/signing.pem')}
export READER_KEYS=${join(DEMO, 'publisher/reader.pub')}
node ${fileURLToPath(new URL('publisher/publish.js', import.meta.url))} release ${bundle('1.1.0')} \\
  --app ${demo.config.app} --version 1.1.0 --channel production --runtime ${demo.config.runtime} --percent 50
`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void Promise.all([updates.close(), app.close()]))
