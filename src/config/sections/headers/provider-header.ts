import type { OptionRows } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import type { HeaderRow, HeaderRows } from '../../values/header-rows.ts'

/** Option of the header that tells the provider. */
export const PROVIDER_HEADER_OPTIONS = {
  'pass-provider-header': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Send X-Auth-Request-Provider, the id of the provider that a person comes from, upstream and in answers. Beside a structured file too. Not in oauth2-proxy.',
  },
} as const satisfies OptionRows

/** Settings of the header that tells the provider. */
export type ProviderHeaderSettings = SettingsOf<typeof PROVIDER_HEADER_OPTIONS>

/** Adds the header that tells the provider, where no row has its name. */
export function withProviderHeader(
  settings: ProviderHeaderSettings,
  { request, response }: HeaderRows,
): HeaderRows {
  if (!settings.value('pass-provider-header')) return { request, response }
  const row: HeaderRow = {
    name: 'X-Auth-Request-Provider',
    values: [{ kind: 'claim', names: ['provider_id'], prefix: '' }],
  }
  const lacks = (rows: readonly HeaderRow[]): boolean =>
    rows.every(({ name }) => name.toLowerCase() !== row.name.toLowerCase())
  return {
    request: lacks(request) ? [...request, { ...row, preserveRequestValue: false }] : request,
    response: lacks(response) ? [...response, row] : response,
  }
}
