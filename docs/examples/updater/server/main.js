// The server alone, as it runs in production: PUBLISH_TOKEN=... node server/main.js
import { createServer } from './server.js'

const { PUBLISH_TOKEN, DATA = 'data', HOST = '127.0.0.1', PORT = '8080', PUBLIC_URL } = process.env
const app = await createServer({ folder: DATA, token: PUBLISH_TOKEN, publicUrl: PUBLIC_URL, logger: true })
await app.listen({ host: HOST, port: Number(PORT) })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void app.close())
