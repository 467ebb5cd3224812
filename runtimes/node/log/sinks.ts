import type { Config } from '../../../src/config/config.ts'
import type { LogSink } from '../log-writer.ts'
import { checkFile, openRotatingFile, type RotatingFileOptions } from './rotating-file.ts'

/** Sinks of the two streams of the log, where they are not standard output alone. */
export interface LogSinks {
  readonly sink?: LogSink
  readonly errorSink?: LogSink
}

/** Listeners to the log file, and standard error. */
export interface LogSinksOptions extends RotatingFileOptions {
  readonly stderr: () => LogSink
}

/** Opens the sinks that the configuration asks for; rejects with a sentence for people when the file cannot be written. */
export async function openSinks(
  { file, errorsApart }: Config['log'],
  { stderr, ...listeners }: LogSinksOptions,
): Promise<LogSinks> {
  const errors = errorsApart ? { errorSink: stderr() } : {}
  if (file === undefined) return errors
  return { ...errors, sink: await named(file.path, openRotatingFile(file, listeners)) }
}

/** Makes sure that the log file can be written; rejects with a sentence for people. */
export async function checkSinks({ file }: Config['log']): Promise<void> {
  if (file !== undefined) await named(file.path, checkFile(file.path))
}

async function named<Value>(path: string, opening: Promise<Value>): Promise<Value> {
  try {
    return await opening
  } catch (error) {
    const name = JSON.stringify(path)
    throw new Error(`Give a file that can be written as logging-filename, not ${name} (${String(error)})`)
  }
}
