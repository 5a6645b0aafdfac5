// What an app pays for what it imports: the built package as a bundler for browsers takes it, minified and gzipped.
// Each limit stands just above what was measured: whoever needs more says so here, and in docs/devices.md.
const DEVICE = 'dist/device.js'
const NOBLE = 'dist/noble.js'

export default [
  budget('otaseal/device: verifyAndDecrypt', '19.6 kB', { [DEVICE]: '{ verifyAndDecrypt }' }),
  budget('otaseal/device: verifyAndDecryptStream', '20.7 kB', { [DEVICE]: '{ verifyAndDecryptStream }' }),
  budget('otaseal/device: openEnvelope', '20.2 kB', { [DEVICE]: '{ openEnvelope }' }),
  budget('otaseal/device: verifyEnvelope', '18.8 kB', { [DEVICE]: '{ verifyEnvelope }' }),
  budget('otaseal/device: decodeHead', '4.2 kB', { [DEVICE]: '{ decodeHead }' }),
  budget('otaseal/device, all of it', '24 kB', { [DEVICE]: '*' }),
  budget('otaseal/noble: nobleDeviceBackend', '31 kB', { [NOBLE]: '{ nobleDeviceBackend }' }),
  budget('verifyAndDecrypt with nobleDeviceBackend', '49.1 kB', { [DEVICE]: '{ verifyAndDecrypt }', [NOBLE]: '{ nobleDeviceBackend }' }),
  budget('otaseal/manifest, all of it', '34.7 kB', { 'dist/manifest.js': '*' }),
  budget('otaseal/capgo, all of it', '31.4 kB', { 'dist/capgo.js': '*' }),
  budget('otaseal/resume, all of it', '2.6 kB', { 'dist/resume.js': '*' }),
]

function budget(name, limit, imports) {
  return { name, limit, gzip: true, path: Object.keys(imports), import: imports, modifyEsbuildConfig: asForBrowsers }
}

/** No condition `node` chooses the backend, nor does tsconfig.json, whose paths are those of Node. */
function asForBrowsers(config) {
  return { ...config, platform: 'browser', conditions: [], tsconfigRaw: {}, target: 'es2022', format: 'esm', legalComments: 'none', logLevel: 'error' }
}
