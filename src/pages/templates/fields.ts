import { type GoStruct, type GoValue, toHtml, toStruct } from '../../gotemplate/values.ts'
import { PROBLEMS } from '../../problems.ts'
import type { Frame, PagesSettings } from '../frame.ts'
import { domainsText } from '../frame.ts'
import { toStartHref } from '../links.ts'
import { plainAppName } from '../name.ts'
import { type ErrorView, explainPlainly } from '../views/error.ts'
import type { SignInView } from '../views/sign-in.ts'
import { STANDALONE_LOGO } from './logo.ts'
import { statusText } from './status-text.ts'

/** Field of the data of a page; all but the last four are those of oauth2-proxy. Every page has them all. */
export type TemplateField =
  | 'ProviderName'
  | 'SignInMessage'
  | 'StatusCode'
  | 'CustomLogin'
  | 'Redirect'
  | 'Version'
  | 'ProxyPrefix'
  | 'Footer'
  | 'LogoData'
  | 'Title'
  | 'Message'
  | 'RequestID'
  | 'AppName'
  | 'Account'
  | 'Contact'
  | 'Providers'

type Fields = Readonly<Record<TemplateField, GoValue>>

/** Names of the fields, for the check of templates before they are rendered. */
export const TEMPLATE_FIELDS: readonly TemplateField[] = [
  'ProviderName',
  'SignInMessage',
  'StatusCode',
  'CustomLogin',
  'Redirect',
  'Version',
  'ProxyPrefix',
  'Footer',
  'LogoData',
  'Title',
  'Message',
  'RequestID',
  'AppName',
  'Account',
  'Contact',
  'Providers',
]

/** Data of the pages of one configuration. */
export interface TemplateData {
  signIn(view: SignInView): GoStruct
  error(view: ErrorView): GoStruct
}

/** The configuration, and what its compiled pages have of it. */
interface DataOptions {
  readonly config: PagesSettings
  readonly frame: Frame
  readonly version: string
}

/** Prepares the values that are the same on every page. */
export function createTemplateData({ config, frame, version }: DataOptions): TemplateData {
  const { banner, contact, footer, logo } = config.pages
  const { displayHtpasswdForm, htpasswdFile } = config.signIn
  const message = banner === '' ? (domainsText(frame.texts, config.policy)?.toString() ?? '') : hidden(banner)
  const shared: Omit<
    Fields,
    'StatusCode' | 'Redirect' | 'Title' | 'Message' | 'RequestID' | 'AppName' | 'Account' | 'Providers'
  > = {
    ProviderName: config.providers[0]?.displayName ?? '',
    SignInMessage: toHtml(message),
    CustomLogin: htpasswdFile !== undefined && displayHtpasswdForm,
    Version: version,
    ProxyPrefix: frame.paths.prefix,
    // Templates ask for `-` and for an empty footer themselves.
    Footer: toHtml(footer),
    LogoData: toHtml(logo === '' ? STANDALONE_LOGO : hidden(logo)),
    Contact: contact,
  }
  return {
    signIn: (view) => toData({ ...shared, ...signInFields(frame, view) }),
    error: (view) => toData({ ...shared, ...errorFields(frame, view, config.providers) }),
  }
}

/** Fields that a view decides. */
type ViewFields = Omit<
  Fields,
  | 'ProviderName'
  | 'SignInMessage'
  | 'CustomLogin'
  | 'Version'
  | 'ProxyPrefix'
  | 'Footer'
  | 'LogoData'
  | 'Contact'
>

function toData(fields: Fields): GoStruct {
  return toStruct(fields)
}

function signInFields(frame: Frame, view: SignInView): ViewFields {
  return {
    StatusCode: BigInt(view.statusCode ?? 200),
    Redirect: view.returnTo,
    Title: frame.texts.signIn.submit,
    Message: view.problem === undefined ? '' : frame.texts.problems[view.problem].sentence,
    RequestID: view.requestId ?? '',
    AppName: plainAppName(frame, view.host),
    Account: view.username ?? '',
    Providers: providerList(frame, view.providers, view),
  }
}

function errorFields(frame: Frame, view: ErrorView, providers: PagesSettings['providers']): ViewFields {
  const { status } = PROBLEMS[view.problem.reason]
  return {
    StatusCode: BigInt(status),
    // A person whose app does not answer is signed in already.
    Redirect: view.problem.reason.startsWith('upstream_') ? '' : view.returnTo,
    Title: statusText(status),
    Message: explainPlainly(frame, view),
    RequestID: view.requestId ?? '',
    AppName: plainAppName(frame, view.host),
    Account: view.account ?? '',
    Providers: providerList(frame, providers, { returnTo: view.returnTo }),
  }
}

function providerList(
  frame: Frame,
  providers: SignInView['providers'],
  { returnTo, otherAccount = false }: Pick<SignInView, 'returnTo' | 'otherAccount'>,
): GoValue {
  return providers.map(({ id, displayName }) => {
    const provider = frame.namesProvider || providers.length > 1 ? id : undefined
    const entries: readonly (readonly [string, GoValue])[] = [
      ['Name', displayName],
      ['URL', toStartHref(frame, { returnTo, provider, otherAccount })],
    ]
    return new Map(entries)
  })
}

function hidden(setting: string): string {
  return setting === '-' ? '' : setting
}
