import type { ENDPOINT_OPTIONS } from '../../config/sections/provider/endpoints.ts'
import { type AnySettings, settingsFor } from '../../config/settings.ts'

/** Reports that neither profile-url nor validate-url is given, one of which says who the person is. */
export function requireProfileUrl(all: AnySettings, example: string): void {
  const settings = settingsFor<typeof ENDPOINT_OPTIONS>(all)
  if (settings.value('profile-url') !== '' || settings.value('validate-url') !== '') return
  settings.problem('validate-url', `give this URL, it says who the person is: ${example}`)
}
