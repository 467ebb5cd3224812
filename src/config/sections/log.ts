import type { LogConfig } from '../config.ts'
import type { Settings } from '../settings.ts'

/** Variables that say which of many copies is talking, and the fields they become (Kubernetes downward API). */
const CONTEXT = {
  pod: 'POD_NAME',
  namespace: 'POD_NAMESPACE',
  host: 'HOSTNAME',
  container: 'CONTAINER_NAME',
} as const

/** What is logged. */
export function buildLog(settings: Settings, env: Readonly<Record<string, string | undefined>>): LogConfig {
  const context: Record<string, string> = {}
  for (const [field, variable] of Object.entries(CONTEXT)) {
    const value = env[variable]
    if (value) context[field] = value
  }
  return {
    format: settings.value('log-format'),
    requests: settings.value('request-logging'),
    auth: settings.value('auth-logging'),
    standard: settings.value('standard-logging'),
    silencePing: settings.value('silence-ping-logging'),
    excludePaths: settings.value('exclude-logging-path'),
    context,
  }
}
