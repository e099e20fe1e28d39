/** The quote currencies of each base currency: one request serves all pairs of one base. */
export function quotesByBase(pairs: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const quotes = new Map<string, string[]>()
  for (const pair of pairs) {
    const [base = '', quote = ''] = pair.split('-')
    const known = quotes.get(base)
    if (known === undefined) quotes.set(base, [quote])
    else if (!known.includes(quote)) known.push(quote)
  }
  return quotes
}
