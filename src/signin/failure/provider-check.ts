import type { Log } from '../../observe/log.ts'
import { PROBLEMS } from '../../problems.ts'
import type { Provider } from '../../providers/provider.ts'
import { adviseOperator } from './advice.ts'

/** Check of the providers before a person signs in. */
export interface ProviderCheck {
  /**
   * Checks every provider that was not good yet, and logs a line for each whose answer is news: that it is good, or
   * what to fix. True when all are good.
   */
  run(): Promise<boolean>
  /** True when all were good once. Later failures are told at the sign-ins. */
  passed(): boolean
}

export interface ProviderCheckDeps {
  readonly providers: readonly Pick<Provider, 'id' | 'check'>[]
  readonly log: Pick<Log, 'line'>
}

const GOOD = 'good'

/** Creates the check; no request is sent yet. */
export function createProviderCheck({ providers, log }: ProviderCheckDeps): ProviderCheck {
  const told = new Map<string, string>()

  async function ask({ id, check }: Pick<Provider, 'id' | 'check'>): Promise<void> {
    if (told.get(id) === GOOD) return
    const answer = await check()
    if (answer.ok) {
      told.set(id, GOOD)
      log.line('info', 'The provider answers, people can sign in', { provider: id, host: answer.value.host })
      return
    }
    const { reason, detail } = answer.problem
    const news = JSON.stringify([reason, detail])
    if (told.get(id) === news) return
    told.set(id, news)
    log.line(PROBLEMS[reason].level, 'The provider cannot be used: signing in with it fails', {
      provider: id,
      code: reason,
      ...detail,
      advice: adviseOperator(answer.problem),
    })
  }

  const passed = (): boolean => providers.every(({ id }) => told.get(id) === GOOD)
  return {
    async run() {
      await Promise.all(providers.map(ask))
      return passed()
    },
    passed,
  }
}
