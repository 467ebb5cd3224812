import type { KindOptions } from '../../../config/provider-kind.ts'

/** The option that two of Microsoft's kinds share. */
export const RESOURCE_OPTIONS = {
  resource: {
    kind: 'string',
    structured: 'providers[].resource',
    default: '',
    about:
      'Resource that the access token is for: sent as `resource` to the endpoints before v2.0 (azure), in front of the scope (adfs).',
  },
} as const satisfies KindOptions
