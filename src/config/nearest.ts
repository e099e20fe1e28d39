/**
 * The one of `names` that `text` is probably a misspelling of; undefined when none is near. Case, underscores and
 * hyphens do not count, and two characters may be wrong, or one in four.
 */
export function nearest(text: string, names: readonly string[]): string | undefined {
  return allNear(text, names)[0]
}

/** All of `names` that `text` may be a misspelling of, the nearest first. */
export function allNear(text: string, names: readonly string[]): readonly string[] {
  const plain = simplify(text)
  return names
    .map((name) => ({ name, distance: editDistance(plain, simplify(name)) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(name.length / 4)))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
}

/** Levenshtein: how many characters must be put in, taken out or replaced to make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

function simplify(text: string): string {
  return text.toLowerCase().replace(/[_-]/g, '')
}
