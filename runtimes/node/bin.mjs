#!/usr/bin/env node
// `npx sidegate`: the built file where there is one, else the sources, on the newest Node that is at hand. Plain JavaScript,
// because the machine's own Node may be too old to strip types.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = new URL('../../', import.meta.url)
const built = new URL('dist/sidegate.mjs', root)
const bundledNode = fileURLToPath(new URL('node_modules/.bin/node', root))

if (existsSync(built)) {
  await import(pathToFileURL(fileURLToPath(built)).href)
} else {
  const hasOwnNode = existsSync(bundledNode)
  if (!hasOwnNode) await import(new URL('deploy/build/check-node.mjs', root).href)
  const node = hasOwnNode ? bundledNode : process.execPath
  const source = fileURLToPath(new URL('runtimes/node.ts', root))
  const child = spawn(node, [source, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128)
  })
}
