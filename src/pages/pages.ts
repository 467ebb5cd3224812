import type { Reason } from '../problems.ts'
import type { Accent } from './accent.ts'
import { compileFrame, type PagesSettings } from './frame.ts'
import type { Page } from './layout.ts'
import { plainAppName } from './name.ts'
import { fillText } from './texts.ts'
import { type ErrorView, errorPage } from './views/error.ts'
import { type FormReplayView, formReplayPage, type SignedInView, signedInPage } from './views/form-replay.ts'
import { type SignInView, signInPage } from './views/sign-in.ts'
import { confirmSignOutPage, type SignOutView, signedOutPage } from './views/signed-out.ts'

/** The pages of one configuration: data in, document and policy out. Send them with `PAGE_HEADERS` and `no-store`. */
export interface Pages {
  signIn(view: SignInView): Page
  signedOut(view: SignOutView): Page
  /** Confirmation on GET `<prefix>/sign_out`, for a request that does not come from Sidegate's own origin. */
  confirmSignOut(view: SignOutView): Page
  /** Page for a form that was posted without a session. */
  formReplay(view: FormReplayView): Page
  signedIn(view: SignedInView): Page
  error(view: ErrorView): Page
  /** True when error pages come from a template of the operator. */
  hasErrorTemplate(): boolean
  /** The sentence about a failure, for answers that are not pages. */
  sentence(reason: Reason): string
}

/** Compiles logo, banner, footer and policies once. `accent` is the sheet of `accent-color`, see `createAccent`. */
export function createPages(config: PagesSettings, accent?: Accent): Pages {
  const frame = compileFrame(config, accent)
  return {
    signIn: (view) => signInPage(frame, view),
    signedOut: (view) => signedOutPage(frame, view),
    confirmSignOut: (view) => confirmSignOutPage(frame, view),
    formReplay: (view) => formReplayPage(frame, view),
    signedIn: (view) => signedInPage(frame, view),
    error: (view) => errorPage(frame, view),
    hasErrorTemplate: () => false,
    sentence: (reason) => fillText(frame.texts.problems[reason].sentence, { app: plainAppName(frame) }),
  }
}
