import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Platform } from '../../src/platform.ts'

/** One job as it is posted to a thread. */
export interface BcryptJob {
  readonly password: string
  readonly hashes: readonly string[]
}

/** The program of the thread as text: the build puts it here, so that what is shipped stays one file. */
declare const SIDEGATE_BCRYPT_THREAD: string | undefined

/** Time after which a thread without work is ended; it takes about 12 MiB. */
const IDLE_MS = 60_000
const MAX_THREADS = Math.min(2, availableParallelism())
/** Memory limits of a thread. V8's own defaults would let one that holds next to nothing grow to hundreds of MiB. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 }

interface Thread {
  readonly worker: Worker
  /** Jobs that were given to it, which it settles in their order. */
  readonly jobs: { resolve(answers: readonly boolean[]): void; reject(error: Error): void }[]
  idle: NodeJS.Timeout | undefined
}

/** Compares passwords with bcrypt on threads of their own, which start with the first comparison. */
export function createBcrypt(): NonNullable<Platform['bcrypt']> {
  const threads = new Set<Thread>()

  function leastBusy(): Thread {
    const [first] = [...threads].sort((left, right) => left.jobs.length - right.jobs.length)
    const isFree = first !== undefined && (first.jobs.length === 0 || threads.size >= MAX_THREADS)
    return isFree ? first : startThread()
  }

  function startThread(): Thread {
    const worker = openWorker()
    // It must not keep a process alive whose connections have ended.
    worker.unref()
    const thread: Thread = { worker, jobs: [], idle: undefined }
    threads.add(thread)
    worker.on('message', (answers: readonly boolean[]) => {
      thread.jobs.shift()?.resolve(answers)
      if (thread.jobs.length === 0) thread.idle = setTimeout(() => end(thread), IDLE_MS).unref()
    })
    worker.on('error', (error: Error) => lose(thread, error))
    worker.on('exit', () => lose(thread, new Error('A bcrypt thread ended')))
    return thread
  }

  function end(thread: Thread): void {
    threads.delete(thread)
    void thread.worker.terminate()
  }

  function lose(thread: Thread, error: Error): void {
    threads.delete(thread)
    clearTimeout(thread.idle)
    for (const { reject } of thread.jobs.splice(0)) reject(error)
  }

  return (password, hashes) =>
    new Promise((resolve, reject) => {
      const thread = leastBusy()
      clearTimeout(thread.idle)
      thread.jobs.push({ resolve, reject })
      const job: BcryptJob = { password, hashes }
      thread.worker.postMessage(job)
    })
}

function openWorker(): Worker {
  const options = { resourceLimits: LIMITS }
  return typeof SIDEGATE_BCRYPT_THREAD === 'string'
    ? new Worker(SIDEGATE_BCRYPT_THREAD, { ...options, eval: true })
    : new Worker(new URL('./bcrypt-thread.ts', import.meta.url), options)
}
