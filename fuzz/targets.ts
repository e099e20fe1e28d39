import { addresses } from './addresses.ts'
import { config } from './config.ts'
import { exchangeRates } from './exchange-rates.ts'
import { keystore } from './keystore.ts'
import { noticeJudges } from './notice-judges.ts'
import { priceMessage } from './price-message.ts'
import { priceText } from './price-text.ts'
import { refusal } from './refusal.ts'
import { signature } from './signature.ts'
import { signers } from './signers.ts'
import { status } from './status.ts'
import { storedRow } from './stored-price.ts'
import { swarmKey } from './swarm-key.ts'
import { syncAnswer, syncQuestion } from './sync.ts'
import type { Target } from './target.ts'

/** Every decoder that is fuzzed. */
export const TARGETS: readonly Target[] = [
  priceMessage,
  status,
  refusal,
  noticeJudges,
  syncQuestion,
  syncAnswer,
  signature,
  priceText,
  exchangeRates,
  storedRow,
  config,
  addresses,
  signers,
  swarmKey,
  keystore,
]
