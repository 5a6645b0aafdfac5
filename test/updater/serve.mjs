// The example's servers in a process of their own, with the package as the example has it installed: `node serve.mjs FOLDER FRONT`.
import { join } from 'node:path'
import { buildApp } from '../../docs/examples/updater/app/build.js'
import { createAppServer } from '../../docs/examples/updater/app/serve.js'
import { createDemo } from '../../docs/examples/updater/publisher/demo.js'
import { createServer } from '../../docs/examples/updater/server/server.js'

const [folder, front] = process.argv.slice(2)
const { token, config } = await createDemo(folder)
// What a hostile server does to a patient page, in less time.
await buildApp(join(folder, 'app'), { ...config, server: front, patience: 1.5 })

const updates = await createServer({ folder: join(folder, 'server'), token, publicUrl: 'https://updates.example.com', uploadMax: 8 * 2 ** 20 })
const app = await createAppServer({ folder: join(folder, 'app'), server: front })
const [updatesUrl, appUrl] = [await updates.listen({ host: '127.0.0.1', port: 0 }), await app.listen({ host: '127.0.0.1', port: 0 })]
console.log(JSON.stringify({ updates: updatesUrl, app: appUrl }))
// With the tests that have started it.
process.stdin.resume().on('end', () => process.exit())
