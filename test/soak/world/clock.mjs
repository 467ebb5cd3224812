// Loaded into the gate before anything else (--import): its clock is that of the machine and a number of milliseconds
// from a file, which SIGUSR2 makes it read. Timers and performance.now() go on, as they do when a real clock is set.
// JavaScript, because Node's reader of TypeScript would stand in the gate's memory.
import { readFileSync } from 'node:fs'

const Real = globalThis.Date
let shiftMs = 0

class ShiftedDate extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [ShiftedDate.now()] : given))
  }

  static now() {
    return Real.now() + shiftMs
  }
}

globalThis.Date = ShiftedDate

process.on('SIGUSR2', () => {
  shiftMs = Number(readFileSync(process.env.SOAK_CLOCK, 'utf8'))
})
