import { redactUrls, redactUser } from '../core/redact.ts'
import { REDACTED } from '../core/secret-value.ts'

/** How much of a variable must not be shown. */
export type Secrecy = 'whole' | 'url-password'

const LOOKS_LIKE_A_KEY = /[0-9a-fA-F]{64,}/g

/** `text` without what is secret in it. */
export function redact(text: string, secrecy: Secrecy | undefined): string {
  switch (secrecy) {
    case 'whole':
      return text === '' ? '' : REDACTED
    case 'url-password':
      return redactWholeUrl(text).replace(LOOKS_LIKE_A_KEY, REDACTED)
    case undefined:
      // Keys and URLs end up in the wrong variable, where they are no less secret.
      return redactUrls(text).replace(LOOKS_LIKE_A_KEY, REDACTED)
  }
}

/**
 * A text that should be one URL, without its passwords. Up to the last `@` everything may belong to a password that
 * was not percent-encoded; a text that is no URL may be nothing but a password.
 */
function redactWholeUrl(text: string): string {
  const [scheme = ''] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? []
  const at = text.lastIndexOf('@')
  if (scheme === '' || (at === -1 && !URL.canParse(text))) return text === '' ? '' : `${scheme}${REDACTED}`
  const [user = '', colon = ''] = /^[^@/?#:]*(:?)/.exec(text.slice(scheme.length, at)) ?? []
  const withoutUser = at === -1 ? text : `${redactUser(scheme, user.replace(':', ''), colon)}${text.slice(at + 1)}`
  return withoutUser.replace(/([?&](?:ssl)?(?:password|key|token|secret)=)[^&]*/gi, `$1${REDACTED}`)
}
