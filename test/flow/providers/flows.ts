import { MICROSOFT_FLOWS } from './microsoft-flows.ts'
import { OAUTH2_FLOWS } from './oauth2-flows.ts'
import { OPENID_FLOWS } from './openid-flows.ts'
import type { ProviderFlow } from './provider-flow.ts'

/** Every run, at least one for each kind of provider. */
export const FLOWS: readonly ProviderFlow[] = [...OPENID_FLOWS, ...MICROSOFT_FLOWS, ...OAUTH2_FLOWS]
