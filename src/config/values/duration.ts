const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a Go duration such as `1.5h`, `2h45m` or `300ms`; undefined for anything else, `3600` included. */
export function parseDuration(text: string): number | undefined {
  const [, sign, terms = ''] = /^([+-]?)(.*)$/su.exec(text) ?? []
  if (terms === '0') return 0
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/u.test(terms)) return undefined
  let milliseconds = 0
  for (const [, amount, unit = ''] of terms.matchAll(/([\d.]+)([a-zµμ]+)/gu)) {
    milliseconds += Number(amount) * (UNIT_MS[unit] ?? Number.NaN)
  }
  if (!Number.isFinite(milliseconds)) return undefined
  return sign === '-' ? -milliseconds : milliseconds
}
