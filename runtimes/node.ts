import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runProgram } from './node/program.ts'
import { refuseLenientParser } from './node/server/listen.ts'

/**
 * Flags that NODE_OPTIONS does not take. Set once the program runs, because with other flags than its own Node compiles
 * itself again.
 */
function tune(): void {
  // V8 learns from a crowd of sessions that live long to allocate everything where it is expensive to throw away, which
  // for what one request leaves behind is the wrong lesson.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // The middle one of V8's compilers costs 14 MiB at work, and gains a program nothing that soon has all it needs from the last.
  setFlagsFromString('--no-maglev')
}

// Sidegate on Node.
runProgram({
  runtime: 'node',
  args: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  readBinaryFile: (path) => readFileSync(path),
  refuse: () => refuseLenientParser([...process.execArgv, process.env['NODE_OPTIONS'] ?? '']),
  fetch: (url, init) => fetch(url, init),
  memoryLimit: process.constrainedMemory(),
  tune,
})
