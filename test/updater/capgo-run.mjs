// The example's Capgo device, in a process of its own: `node capgo-run.mjs CONFIG`, as JSON. What the address of https names is at `server`,
// as behind a proxy that ends TLS.
import { currentVersion, updateAsPlugin } from '../../docs/examples/updater/capgo/device.js'

const { server, pluginVersion, ...config } = JSON.parse(process.argv[2])
const throughProxy = async (url, init) => fetch(url.replace('https://updates.example.com', server), init)
const outcome = await updateAsPlugin(config, { pluginVersion, fetch: throughProxy }).then((answer) => ({ answer }), (error) => ({ failed: error.message }))
console.log(JSON.stringify({ ...outcome, current: await currentVersion(config.folder) }))
