const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const SECONDS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const DAY_SECONDS = 86_400
/** No price has more. */
const MOST_PLACES = 18

/** @param splits - seconds since the Unix epoch, `step` seconds apart */
export function timeLabels(splits: readonly number[], step: number): string[] {
  return splits.map((seconds) => {
    const ms = seconds * 1_000
    if (step >= DAY_SECONDS || CLOCK.format(ms) === '00:00') return DATE.format(ms)
    return (step < 60 ? SECONDS : CLOCK).format(ms)
  })
}

/** Prices with as many places as those that are `step` apart need: rounded, a line would be labelled with what it is not. */
export function priceLabels(splits: readonly number[], step: number): string[] {
  const places = placesOf(step)
  const format = new Intl.NumberFormat('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })
  return splits.map((split) => format.format(split))
}

function placesOf(step: number): number {
  for (let places = 0; places < MOST_PLACES; places++) {
    const scaled = step * 10 ** places
    // Of 0.1 + 0.2 no power of ten makes a whole number.
    if (Math.round(scaled) > 0 && Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return places
  }
  return MOST_PLACES
}
