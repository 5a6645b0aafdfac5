// Runs a program in QuickJS, with nothing but `print` and the language: `node quickjs-shell.mjs FILE`.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../.ci/runtimes/package.json', import.meta.url))
const { getQuickJS } = require('quickjs-emscripten')

const vm = (await getQuickJS()).newContext()
const print = vm.newFunction('print', (text) => console.log(vm.getString(text)))
vm.setProp(vm.global, 'print', print)
print.dispose()
vm.unwrapResult(vm.evalCode(readFileSync(process.argv[2], 'utf8'), process.argv[2])).dispose()
vm.unwrapResult(vm.runtime.executePendingJobs())
