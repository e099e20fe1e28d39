/** Who may sign in which rounds, as the node tells: `ADDRESS`, or `ADDRESS@FROM-TO` with either side left out. */
export type SignerList = readonly string[]

/** Whether a signer may sign in a round. */
export function isListed(
  list: SignerList,
  { signer, round }: { readonly signer: string; readonly round: number },
): boolean {
  return list.some((entry) => {
    const [address, range = '-'] = entry.split('@')
    const [from = '', to = ''] = range.split('-')
    return address === signer && round >= Number(from) && (to === '' || round <= Number(to))
  })
}
