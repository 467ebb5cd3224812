/** The fastest of several runs in ms, so that what else the machine does is not measured. */
export async function fastestOf(runs: number, run: () => unknown): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let at = 0; at < runs; at += 1) {
    const started = performance.now()
    await run()
    fastest = Math.min(fastest, performance.now() - started)
  }
  return fastest
}
