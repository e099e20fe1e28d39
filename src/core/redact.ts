import { REDACTED } from './secret-value.ts'

const USER_PART = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s@/:]*)(:?)\S*@/gi
const SECRET_PARAMETER = /([?&][a-z_-]*(?:password|secret|token|key)=)[^&\s]*/gi

/** `text` in which no URL shows a password; user names of database URLs stay, since they help and are no secret. */
export function redactUrls(text: string): string {
  return text
    .replace(USER_PART, (_, scheme: string, user: string, colon: string) => redactUser(scheme, user, colon))
    .replace(SECRET_PARAMETER, `$1${REDACTED}`)
}

/** The part of a URL up to its `@`: a user name that stands alone is a token, except before a database. */
export function redactUser(scheme: string, user: string, colon: string): string {
  if (colon !== '') return `${scheme}${user}:${REDACTED}@`
  return `${scheme}${/^postgres/i.test(scheme) ? user : REDACTED}@`
}
