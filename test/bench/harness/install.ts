import { debianProgram } from '../../support/tools.ts'

/** Programs that the bench runs, and the Debian package of each. */
const PROGRAMS = { nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' }

/** Installs nginx, wrk and taskset where they are missing and we are root; says what to install where that fails. */
export function ensurePrograms(): void {
  // Debian keeps nginx in a folder that not every PATH has.
  process.env['PATH'] = `${process.env['PATH']}:/usr/sbin`
  const missing = Object.entries(PROGRAMS).filter(([name, pkg]) => debianProgram(name, pkg) === undefined)
  if (missing.length === 0) return
  throw new Error(`Install the Debian packages ${missing.map(([, pkg]) => pkg).join(', ')} first`)
}
