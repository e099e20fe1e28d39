/**
 * JSON in which nothing moves a cursor or turns the direction of text: characters that JSON may have in a text as they
 * are, and that a terminal may take for a command. It means the same.
 */
export function visibleJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
