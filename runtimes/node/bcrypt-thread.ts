import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'
import type { BcryptJob } from './bcrypt.ts'

// The program of a thread that compares passwords: a job comes in, one answer for each hash goes out.

/** Niceness of the thread: of a processor that both need, it gets what serving leaves (nice(2)). */
const NICENESS = 10

// On Linux this is about the calling thread (setpriority(2), "C library/kernel differences"), elsewhere about the process.
// Deno would ask the person at the terminal for a permission.
if (process.platform === 'linux' && process.versions['deno'] === undefined) {
  try {
    setPriority(0, NICENESS)
  } catch {
    // Where that is forbidden it is one thread among others.
  }
}

parentPort?.on('message', ({ password, hashes }: BcryptJob) => {
  parentPort?.postMessage(hashes.map((hash) => compareSync(password, hash)))
})
