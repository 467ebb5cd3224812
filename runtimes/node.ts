import { readFileSync } from 'node:fs'
import { refuseLenientParser } from './node/listen.ts'
import { runProgram } from './node/program.ts'

// Sidegate on Node.
runProgram({
  runtime: 'node',
  args: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  readBinaryFile: (path) => readFileSync(path),
  refuse: () => refuseLenientParser([...process.execArgv, process.env['NODE_OPTIONS'] ?? '']),
  fetch: (url, init) => fetch(url, init),
})
