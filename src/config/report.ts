/** Collects everything that is wrong with a configuration, so that a person reads it all at once. */
export interface Report {
  /** A setting that stops the start; `setting` is its name in the form in which it was written. */
  problem(setting: string, sentence: string): void
  /** A command line that cannot be read at all: exit code 2 instead of 1. */
  usage(setting: string, sentence: string): void
  warning(setting: string, sentence: string): void
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  readonly exitCode: 1 | 2
}

/** Makes an empty report. */
export function createReport(): Report {
  const problems: string[] = []
  const warnings: string[] = []
  let exitCode: 1 | 2 = 1
  return {
    problem: (setting, sentence) => problems.push(`${setting}: ${sentence}`),
    usage(setting, sentence) {
      problems.push(`${setting}: ${sentence}`)
      exitCode = 2
    },
    warning: (setting, sentence) => warnings.push(`${setting}: ${sentence}`),
    problems,
    warnings,
    get exitCode() {
      return exitCode
    },
  }
}

/** A value as messages show it: quoted, on one line, bounded, and without the password of a URL. */
export function quote(value: string): string {
  const shown = value.replaceAll(/\/\/\S*@/gu, '//…@')
  return JSON.stringify(shown.length > 120 ? `${shown.slice(0, 120)}…` : shown)
}
