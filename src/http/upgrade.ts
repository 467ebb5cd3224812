import { trimOws } from '../lib/text.ts'

/** The lines of a request that decide about an upgrade; repeated ones joined. */
export interface UpgradeLines {
  readonly method: string | undefined
  readonly upgrade: string | undefined
  readonly connection: string | undefined
}

/** True when a request asks for a WebSocket (RFC 6455 §4.1); any other upgrade is a plain request (RFC 9110 §7.8). */
export function asksForWebSocket({ method, upgrade, connection }: UpgradeLines): boolean {
  if (method !== 'GET' || upgrade === undefined || trimOws(upgrade).toLowerCase() !== 'websocket')
    return false
  return (connection ?? '').split(',').some((option) => trimOws(option).toLowerCase() === 'upgrade')
}
