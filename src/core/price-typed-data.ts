import { type Hex, toHex } from './hex.ts'
import type { PriceStatement } from './statement.ts'
import { DOMAIN_NAME, DOMAIN_VERSION, PRICE_TYPES, domainSalt } from './typed-data.ts'

/** EIP-712's JSON names the type of the domain, too. */
const TYPES = {
  EIP712Domain: [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'salt', type: 'bytes32' },
  ],
  ...PRICE_TYPES,
} as const

/** A price statement as wallets, viem, ethers and `cast` take it; integers are decimal text. */
export interface PriceTypedData {
  readonly domain: { readonly name: string; readonly version: string; readonly salt: Hex }
  readonly types: typeof TYPES
  readonly primaryType: 'Price'
  readonly message: Readonly<Record<(typeof PRICE_TYPES.Price)[number]['name'], string>>
}

/** The EIP-712 domain of a network, as wallets take it. */
export function domainOf(network: string): PriceTypedData['domain'] {
  return { name: DOMAIN_NAME, version: DOMAIN_VERSION, salt: toHex(domainSalt(network)) }
}

/** All that `eth_signTypedData_v4` would have signed. */
export function priceTypedData(statement: PriceStatement): PriceTypedData {
  const { network, pair, price, round, observedAt, source, proposer } = statement
  return {
    domain: domainOf(network),
    types: TYPES,
    primaryType: 'Price',
    message: { pair, price: `${price}`, round: `${round}`, observedAt: `${observedAt}`, source, proposer },
  }
}

/** The types of {@link PriceTypedData}. */
export const PRICE_TYPED_DATA_TYPES = TYPES
