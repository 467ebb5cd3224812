/** Collects everything that is wrong with a configuration, so that a person reads it all at once. */
export interface Report {
  /** A setting that stops the start; `setting` is its name in the form in which it was written. */
  problem(setting: string, sentence: string): void
  /** A command line that cannot be read at all: exit code 2 instead of 1. */
  usage(setting: string, sentence: string): void
  warning(setting: string, sentence: string): void
  /** Drops every further problem with a setting. */
  mute(setting: string): void
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  readonly exitCode: 1 | 2
}

/** Makes an empty report. What is said twice stands in it once. */
export function createReport(): Report {
  const problems = new Set<string>()
  const warnings = new Set<string>()
  const muted = new Set<string>()
  let exitCode: 1 | 2 = 1
  const addProblem = (setting: string, sentence: string) => {
    if (!muted.has(setting)) problems.add(`${setting}: ${sentence}`)
  }
  return {
    problem: addProblem,
    usage(setting, sentence) {
      addProblem(setting, sentence)
      exitCode = 2
    },
    warning: (setting, sentence) => warnings.add(`${setting}: ${sentence}`),
    mute: (setting) => muted.add(setting),
    get problems() {
      return [...problems]
    },
    get warnings() {
      return [...warnings]
    },
    get exitCode() {
      return exitCode
    },
  }
}
