import { toOwnPaths } from '../../../src/config/own-paths.ts'
import type { PagesSettings } from '../../../src/pages/frame.ts'

/** What the pages read of a configuration that sets nothing for them. */
export function somePagesSettings(): PagesSettings {
  return {
    pages: {
      banner: '',
      footer: '',
      logo: '',
      appName: '',
      contact: '',
      accentColor: undefined,
      showDebugOnError: false,
      templatesDirectory: undefined,
    },
    paths: toOwnPaths('/oauth2'),
    policy: { emailDomains: ['*'], authenticatedEmailsFile: undefined },
    providers: [{ id: 'oidc', displayName: 'id.example.com', issuer: 'https://id.example.com/realm' }],
    signIn: { htpasswdFile: undefined, displayHtpasswdForm: true },
  }
}
