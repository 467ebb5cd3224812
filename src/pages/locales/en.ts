import type { Texts } from '../texts.ts'
import { EN_FINDINGS, EN_PROBLEMS } from './en-problems.ts'

/** English, the language of every text that no other locale has. */
export const EN: Texts = {
  lang: 'en',
  app: 'this application',
  problems: EN_PROBLEMS,
  findings: EN_FINDINGS,
  recovery: {
    account: 'Use another account',
    signIn: 'Sign in again',
    signInAside: 'Sign in in a new tab',
    reload: 'Try again',
    home: 'Go to the start page',
  },
  facts: { account: 'Account', requestId: 'Request id', seen: 'What was seen', contact: 'Contact' },
  signIn: {
    title: 'Sign in to {host}',
    domains: 'Use an account of {domains}.',
    provider: 'Sign in with {provider}',
    or: 'or',
    address: 'E-mail address',
    next: 'Continue',
    username: 'User name',
    password: 'Password',
    submit: 'Sign in',
  },
  signedIn: {
    title: 'Signed in to {host}',
    heading: 'You are signed in',
    lead: 'If you were about to send a form, close this tab and send it from the other one.',
    targetLost:
      'The address that you came from was too long to be kept while you signed in. Open it again, from where you found it.',
    open: 'Open {host}',
  },
  formReplay: {
    title: 'Your form was not sent yet',
    lead: 'You are not signed in to {host}. What you entered is kept on this page while it stays open.',
    submit: 'Then send the form again',
  },
  signedOut: {
    title: 'Signed out of {host}',
    heading: 'You are signed out',
    lead: 'This browser no longer has access to {host}.',
  },
  signOut: {
    title: 'Sign out of {host}',
    heading: 'Sign out of {host}?',
    submit: 'Sign out',
    stay: 'Stay signed in',
  },
  footer: 'Sign-in by Sidegate',
}
