import { readFileSync } from 'node:fs'
import { createReadVariable, readEnvironment } from './deno/environment.ts'
import { createFetch, createReader, refuse } from './deno/permissions.ts'
import { createDenoSink } from './deno/stdout.ts'
import { runProgram } from './node/program.ts'

// Sidegate on Deno: the program of Node on Deno's own node:http, and a word about every permission that is missing.
const warn = (sentence: string): void => void process.stderr.write(`${sentence}\n`)
const files = new Set<string>()
const reader = createReader(files)

runProgram({
  runtime: 'deno',
  args: Deno.args,
  env: readEnvironment(warn),
  readVariable: createReadVariable(warn),
  readFile: (path) => reader(path, (from) => readFileSync(from, 'utf8')),
  readBinaryFile: (path) => reader(path, (from) => readFileSync(from)),
  refuse: (config) => refuse(config, files),
  fetch: createFetch(warn),
  stdout: createDenoSink('stdout'),
  stderr: () => createDenoSink('stderr'),
})
